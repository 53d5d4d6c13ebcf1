// Vectors of LANES floats, in the compiler's own vector types: the same source serves AVX-512, AVX2, SSE2 and NEON.
// Included by gemm_LEVEL.c, with LANES defined and the level's instructions switched on.
#include <stdint.h>
#include <string.h>

#include "ck_gemm.h"

// For activation.h: a residual may be added to what is not rounded yet.
#define EXACT_RECIPROCALS 1
#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));
typedef uint32_t vu __attribute__((vector_size(4 * LANES)));
typedef uint16_t vh __attribute__((vector_size(2 * LANES)));
typedef uint32_t word;  // of a packed matrix: one fp32, or two bf16 that belong to depths k and k + 1

INLINE ptrdiff_t least(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }
INLINE ptrdiff_t pieces(ptrdiff_t whole, ptrdiff_t piece) { return (whole + piece - 1) / piece; }

INLINE vf splat(float x) { return x - (vf){0}; }
INLINE vf pick(vi mask, vf yes, vf no) {
#if MASKS
  return (vf)_mm512_mask_blend_ps(_mm512_movepi32_mask((__m512i)mask), (__m512)no, (__m512)yes);
#else
  return (vf)((mask & (vi)yes) | (~mask & (vi)no));
#endif
}

INLINE vu load_words(const void *p) {
  vu x;
  memcpy(&x, p, sizeof x);
  return x;
}
INLINE void store_words(void *p, vu x) { memcpy(p, &x, sizeof x); }
INLINE vf load_floats(const void *p) { return (vf)load_words(p); }
INLINE void store_floats(void *p, vf x) { memcpy(p, &x, sizeof x); }

/// The bf16 nearest to each value (ties to even). NaN stays NaN, though not the same one.
INLINE vh bf16_values(vf x) {
#if BF16_INSTRUCTIONS
  return (vh)_mm512_cvtneps_pbh((__m512)x);
#else
  vu bits = (vu)x;
  vu rounded = bits + 0x7fff + ((bits >> 16) & 1);
  return __builtin_convertvector((rounded | (vu)(x != x)) >> 16, vh);
#endif
}
/// The same in the low half of each word.
INLINE vu bf16_bits(vf x) { return __builtin_convertvector(bf16_values(x), vu); }
INLINE float float_bits(word bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

INLINE vh load_halves(const void *p, ptrdiff_t count) {
#if MASKS
  if (count < LANES) return (vh)_mm256_maskz_loadu_epi16((__mmask16)((1u << count) - 1), p);
#endif
  vh x = {0};
  if (count >= LANES) {
    memcpy(&x, p, sizeof x);
  } else {
    memcpy(&x, p, (size_t)count * 2);
  }
  return x;
}

/// LANES values at `p`, the first `count` of which exist; zeros for the rest.
INLINE vf load_values(const void *p, ck_element element, ptrdiff_t count) {
  if (element == CK_BF16) return (vf)(__builtin_convertvector(load_halves(p, count), vu) << 16);
  if (count >= LANES) return load_floats(p);
#if MASKS
  return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
#else
  vf x = {0};
  memcpy(&x, p, (size_t)count * 4);
  return x;
#endif
}

INLINE void store_values(void *p, ck_element element, ptrdiff_t count, vf x) {
#if MASKS
  __mmask16 mask = (__mmask16)(count >= LANES ? 0xffff : (1u << count) - 1);
  if (element == CK_F32) {
    _mm512_mask_storeu_ps(p, mask, (__m512)x);
  } else {
    _mm256_mask_storeu_epi16(p, mask, (__m256i)bf16_values(x));
  }
#else
  if (element == CK_F32) {
    memcpy(p, &x, count >= LANES ? sizeof x : (size_t)count * 4);
  } else {
    vh bits = bf16_values(x);
    memcpy(p, &bits, count >= LANES ? sizeof bits : (size_t)count * 2);
  }
#endif
}

INLINE const char *element_at(const void *base, ck_element element, ptrdiff_t index) {
  return (const char *)base + index * (element == CK_F32 ? 4 : 2);
}

// The lower and the upper halves of two vectors, interleaved.
#if LANES == 16
#define INTERLEAVE_LOW(a, b) \
  __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define INTERLEAVE_HIGH(a, b) \
  __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#elif LANES == 8
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#else
#define INTERLEAVE_LOW(a, b) __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define INTERLEAVE_HIGH(a, b) __builtin_shufflevector(a, b, 2, 6, 3, 7)
#endif

/// Rows become columns. Interleaving the first half of the rows with the second moves one bit of a word's row number
/// into its column number, so log₂ LANES rounds of it transpose.
INLINE void transpose_square(vu rows[LANES]) {
#pragma clang loop unroll(full)
  for (int done = 1; done < LANES; done *= 2) {
    vu next[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES / 2; i++) {
      next[2 * i] = INTERLEAVE_LOW(rows[i], rows[i + LANES / 2]);
      next[2 * i + 1] = INTERLEAVE_HIGH(rows[i], rows[i + LANES / 2]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) rows[i] = next[i];
  }
}
