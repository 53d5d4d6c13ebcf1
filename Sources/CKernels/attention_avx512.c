#include "ck_attention.h"
#if defined(__x86_64__)
#pragma clang diagnostic ignored "-Wpsabi"
#include <immintrin.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), \
                             apply_to = function)

#define CK_LEVEL CK_AVX512
#define CK_TABLE ck_attention_avx512
#define TILE_ROWS 14
#define EACH_TILE_ROWS(do, v, r) \
  do(1, v, r) do(2, v, r) do(3, v, r) do(4, v, r) do(5, v, r) do(6, v, r) do(7, v, r) \
  do(8, v, r) do(9, v, r) do(10, v, r) do(11, v, r) do(12, v, r) do(13, v, r) do(14, v, r)
#define GROUP 1
typedef float word;
#include "elementwise_vectors.h"

// 2ⁿ p, and rounding, as single instructions.
INLINE vf round_to_even(vf x) { return (vf)_mm512_roundscale_ps((__m512)x, 0); }
INLINE vf times_power_of_two(vf p, vf n) { return (vf)_mm512_scalef_ps((__m512)p, (__m512)n); }
#define ROUND_AND_SCALE

#define MULTIPLY_ADD(sum, a, b) ((vf)(b) * (a) + (sum))
#include "attention_backward.h"
#pragma clang attribute pop
#endif
