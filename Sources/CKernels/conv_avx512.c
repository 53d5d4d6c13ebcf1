#include "conv_levels.h"
#if defined(__x86_64__)

#define CONV_LANES 16
#define CONV_VECTORS 4
#define CONV_ROWS 6
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)
#include "conv_body.h"
#pragma clang attribute pop

const ck_conv_table *ck_conv_avx512(void) { return &table; }
#endif
