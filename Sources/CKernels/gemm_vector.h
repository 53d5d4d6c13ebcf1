// Vectors of LANES floats, in the compiler's own vector types: the same source serves AVX-512, AVX2, SSE2 and NEON.
// Included by gemm_LEVEL.c, with LANES defined and the level's instructions switched on.
#include <stdint.h>
#include <string.h>

#include "ck_gemm.h"

#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));
typedef uint32_t vu __attribute__((vector_size(4 * LANES)));
typedef uint16_t vh __attribute__((vector_size(2 * LANES)));
typedef uint32_t word;  // of a packed matrix: one fp32, or two bf16 that belong to depths k and k + 1

INLINE vf splat(float x) { return x - (vf){0}; }
INLINE vf pick(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }

INLINE vu load_words(const void *p) {
  vu x;
  memcpy(&x, p, sizeof x);
  return x;
}
INLINE void store_words(void *p, vu x) { memcpy(p, &x, sizeof x); }
INLINE vf load_floats(const void *p) { return (vf)load_words(p); }
INLINE void store_floats(void *p, vf x) { memcpy(p, &x, sizeof x); }

/// The bf16 nearest to each value (ties to even), in the low half of each word. NaN stays NaN.
INLINE vu bf16_bits(vf x) {
  vu bits = (vu)x;
  vu rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  vu nan = (vu)(x != x);
  return (nan & ((bits >> 16) | 0x40)) | (~nan & rounded);
}
INLINE float float_bits(word bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

/// LANES values at `p`, the first `count` of which exist; zeros for the rest.
INLINE vf load_values(const void *p, ck_element element, ptrdiff_t count) {
  if (element == CK_F32) {
    if (count >= LANES) return load_floats(p);
    vf x = {0};
    memcpy(&x, p, (size_t)count * 4);
    return x;
  }
  vh bits = {0};
  if (count >= LANES) {
    memcpy(&bits, p, sizeof bits);
  } else {
    memcpy(&bits, p, (size_t)count * 2);
  }
  return (vf)(__builtin_convertvector(bits, vu) << 16);
}

INLINE void store_values(void *p, ck_element element, ptrdiff_t count, vf x) {
  if (element == CK_F32) {
    memcpy(p, &x, count >= LANES ? sizeof x : (size_t)count * 4);
    return;
  }
  vh bits = __builtin_convertvector(bf16_bits(x), vh);
  memcpy(p, &bits, count >= LANES ? sizeof bits : (size_t)count * 2);
}

INLINE const char *element_at(const void *base, ck_element element, ptrdiff_t index) {
  return (const char *)base + index * (element == CK_F32 ? 4 : 2);
}
