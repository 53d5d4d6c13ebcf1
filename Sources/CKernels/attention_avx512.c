#include "ck_attention.h"
#if defined(__x86_64__)
#pragma clang diagnostic ignored "-Wpsabi"
#include <immintrin.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), \
                             apply_to = function)

#define MASKS 1
#define CK_LEVEL CK_AVX512
#define CK_TABLE ck_attention_avx512
#define TILE_ROWS 14
#define EACH_TILE_ROWS(do, v, r) \
  do(1, v, r) do(2, v, r) do(3, v, r) do(4, v, r) do(5, v, r) do(6, v, r) do(7, v, r) \
  do(8, v, r) do(9, v, r) do(10, v, r) do(11, v, r) do(12, v, r) do(13, v, r) do(14, v, r)
#define GROUP 1
typedef float word;
#include "elementwise_vectors.h"

// x − ⌊x⌋, and 2^⌊x⌋ p, as single instructions.
INLINE vf fraction(vf x) { return (vf)_mm512_reduce_ps((__m512)x, _MM_FROUND_TO_NEG_INF); }
INLINE vf times_power_of_two(vf p, vf x) { return (vf)_mm512_scalef_ps((__m512)p, (__m512)x); }
#define FRACTION_AND_SCALE

INLINE vf at_most_zero(vf x) { return (vf)_mm512_min_ps(_mm512_setzero_ps(), (__m512)x); }
#define AT_MOST_ZERO

#define MULTIPLY_ADD(sum, a, b) ((vf)(b) * (a) + (sum))
#define MULTIPLY_ADD_VECTORS(sum, a, b) ((vf)(a) * (vf)(b) + (sum))
#include "attention_backward.h"
#pragma clang attribute pop
#endif
