// The arguments and results of the vector functions are all inlined away: their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"
#include "ck_attention.h"

#define CK_LEVEL CK_PORTABLE
#define CK_TABLE ck_attention_portable
#define TILE_ROWS 2
#define EACH_TILE_ROWS(do, v, r) do(1, v, r) do(2, v, r)
#define GROUP 1
typedef float word;
#define MULTIPLY_ADD(sum, a, b) ((vf)(b) * (a) + (sum))
#define MULTIPLY_ADD_VECTORS(sum, a, b) ((vf)(a) * (vf)(b) + (sum))
#include "attention_backward.h"
