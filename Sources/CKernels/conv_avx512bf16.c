#include "conv_levels.h"
#if defined(__x86_64__)
#include <immintrin.h>

#define CONV_LANES 16
#define CONV_VECTORS 4
#define CONV_ROWS 6
// Two bf16 products a lane, added to fp32 sums.
#define CONV_DOT(SUMS, A, B) (vf) _mm512_dpbf16_ps((__m512)(SUMS), (__m512bh)(A), (__m512bh)(B))
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,fma"))), \
                             apply_to = function)
#include "conv_body.h"
#pragma clang attribute pop

const ck_conv_table *ck_conv_avx512bf16(void) { return &table; }
#endif
