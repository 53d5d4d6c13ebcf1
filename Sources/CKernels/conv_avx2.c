#include "conv_levels.h"
#if defined(__x86_64__)

#define CONV_LANES 8
#define CONV_VECTORS 2
#define CONV_ROWS 6
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "conv_body.h"
#pragma clang attribute pop

const ck_conv_table *ck_conv_avx2(void) { return &table; }
#endif
