// Tokens of bf16, with vdpbf16ps: a word is a pair of numbers at consecutive depths.
#include "ck_attention.h"
#if defined(__x86_64__)
#pragma clang diagnostic ignored "-Wpsabi"
#include <immintrin.h>
#include <string.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c"))), \
                             apply_to = function)

#define MASKS 1
#define CK_LEVEL CK_AVX512BF16
#define CK_TABLE ck_attention_avx512bf16
#define TILE_ROWS 14
#define EACH_TILE_ROWS(do, v, r) \
  do(1, v, r) do(2, v, r) do(3, v, r) do(4, v, r) do(5, v, r) do(6, v, r) do(7, v, r) \
  do(8, v, r) do(9, v, r) do(10, v, r) do(11, v, r) do(12, v, r) do(13, v, r) do(14, v, r)
#define GROUP 2
typedef uint32_t word;
#define MULTIPLY_ADD(sum, a, b) \
  ((vf)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)_mm512_set1_epi32((int)(a)), (__m512bh)(b)))
#define MULTIPLY_ADD_VECTORS(sum, a, b) ((vf)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)(a), (__m512bh)(b)))
#include "elementwise_vectors.h"

// x − ⌊x⌋, and 2^⌊x⌋ p, as single instructions.
INLINE vf fraction(vf x) { return (vf)_mm512_reduce_ps((__m512)x, _MM_FROUND_TO_NEG_INF); }
INLINE vf times_power_of_two(vf p, vf x) { return (vf)_mm512_scalef_ps((__m512)p, (__m512)x); }
#define FRACTION_AND_SCALE

INLINE vf at_most_zero(vf x) { return (vf)_mm512_min_ps(_mm512_setzero_ps(), (__m512)x); }
#define AT_MOST_ZERO

INLINE void store_rounded(uint16_t *to, vf x) {
  __m256bh halves = _mm512_cvtneps_pbh((__m512)x);
  memcpy(to, &halves, sizeof halves);
}

INLINE vu halves_of(vf first, vf second) { return (vu)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first); }

// low in the lower, high in the upper half of each word.
INLINE vu pair(vf low, vf high) {
  __m512i halves = (__m512i)halves_of(low, high);
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21,
                                         5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return (vu)_mm512_permutexvar_epi16(order, halves);
}

#include "attention_backward.h"
#pragma clang attribute pop
#endif
