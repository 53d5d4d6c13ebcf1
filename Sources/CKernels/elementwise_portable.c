// The arguments and results of the vector functions are all inlined away: their calling convention does not matter.
#pragma clang diagnostic ignored "-Wpsabi"
#define CK_LEVEL CK_PORTABLE
#define CK_TABLE ck_elementwise_portable
#include "elementwise_body.h"
