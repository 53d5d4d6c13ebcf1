#include "ck_attention.h"
#if defined(__x86_64__)
#pragma clang diagnostic ignored "-Wpsabi"
#include <immintrin.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#define CK_LEVEL CK_AVX2
#define CK_TABLE ck_attention_avx2
#define TILE_ROWS 6
#define TILE_VECTORS 1
#define EACH_TILE_ROWS(do, v, r) do(1, v, r) do(2, v, r) do(3, v, r) do(4, v, r) do(5, v, r) do(6, v, r)
#define BAND_ROWS 12
#define BLOCK_KEYS 256
#define AHEAD 2
#define AHEAD_STEPS 4
#define GROUP 1
typedef float word;
#define MULTIPLY_ADD(sum, a, b) ((vf)(b) * (a) + (sum))
#define MULTIPLY_ADD_VECTORS(sum, a, b) ((vf)(a) * (vf)(b) + (sum))
#include "attention_backward.h"
#pragma clang attribute pop
#endif
