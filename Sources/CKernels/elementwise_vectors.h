// Sixteen fp32 lanes, whatever the width of the registers: clang splits them where they are narrower. The order of
// every sum is then the same on all levels. Include inside a region that sets the target.
#ifndef CK_ELEMENTWISE_VECTORS_H
#define CK_ELEMENTWISE_VECTORS_H

#include <stdint.h>
#include <string.h>

#include "ck_elementwise.h"

#define INLINE static inline __attribute__((always_inline, unused))
#define LANES ((size_t)16)
// Whether the including file's level has AVX-512's instructions, in vectors of just this width.
#ifndef MASKS
#define MASKS 0
#endif
// Whether it has AVX2's, in vectors of half the width.
#ifndef AVX2
#define AVX2 0
#endif
#define EXACT_RECIPROCALS 0
// And whether it has its conversion to bf16, for which denormal numbers are zeros.
#ifndef BF16_INSTRUCTIONS
#define BF16_INSTRUCTIONS 0
#endif

typedef float vf __attribute__((vector_size(64)));
typedef int32_t vi __attribute__((vector_size(64)));
typedef uint32_t vu __attribute__((vector_size(64)));
typedef uint16_t vh __attribute__((vector_size(32)));
typedef float vf_loose __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t vu_loose __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint16_t vh_loose __attribute__((vector_size(32), aligned(2), may_alias));

INLINE vf splat(float x) { return x - (vf){}; }
INLINE vu bits(vf x) { return (vu)x; }
INLINE vf pick(vi mask, vf a, vf b) { return (vf)((mask & (vi)a) | (~mask & (vi)b)); }
// A statement for the element type, fp32 or bf16, that `type` turns out to be; in it T is a constant.
#define WITH_TYPE(type, T, ...)   \
  do {                            \
    if ((type) == CK_F32) {       \
      enum { T = CK_F32 };        \
      __VA_ARGS__;                \
    } else {                      \
      enum { T = CK_BF16 };       \
      __VA_ARGS__;                \
    }                             \
  } while (0)

// NaN in, NaN out.
INLINE vf larger(vf a, vf b) { return pick((a > b) | (a != a), a, b); }
INLINE vf smaller(vf a, vf b) { return pick((a < b) | (a != a), a, b); }
INLINE vf magnitude(vf x) { return (vf)(bits(x) & 0x7fffffffu); }
INLINE vf root(vf x) { return __builtin_elementwise_sqrt(x); }

INLINE vf from_bf16(vh x) { return (vf)(__builtin_convertvector(x, vu) << 16); }

// To nearest even; NaN stays NaN.
INLINE vh to_bf16_exactly(vf x) {
  vu u = bits(x);
  vu rounded = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
  vu quiet = (u >> 16) | 0x40u;
  vu nan = (vu)(x != x);
  return __builtin_convertvector((nan & quiet) | (~nan & rounded), vh);
}

// The same, but all NaN become one: cheaper, and good enough for what has been computed.
INLINE vh to_bf16(vf x) {
#if BF16_INSTRUCTIONS
  return (vh)_mm512_cvtneps_pbh((__m512)x);
#else
  vu u = bits(x);
  vu rounded = u + 0x7fffu + ((u >> 16) & 1u);
  return __builtin_convertvector((rounded | (vu)(x != x)) >> 16, vh);
#endif
}

// The exponent is moved by multiplication, which also normalises fp16's denormals.
INLINE vf from_f16(vh x) {
  vu u = __builtin_convertvector(x, vu);
  vu sign = (u & 0x8000u) << 16;
  vf value = (vf)((u & 0x7fffu) << 13) * 0x1p112f;
  vu special = (vu)((u & 0x7c00u) == 0x7c00u);
  vu top = 0x7f800000u | ((u & 0x3ffu) << 13);
  return (vf)(sign | (special & top) | (~special & bits(value)));
}

// For loops that the compiler would replace by a call of memcpy: constants of the loops around it would have to leave
// their registers.
#define NOT_A_CALL(k) __asm__("" : "+r"(k))

// Elements i ..< i + 16 of a row of n, where the row ends before; those past its end read as `fill`.
INLINE vf load_part(const void *p, ck_element type, size_t i, size_t n, float fill) {
#if MASKS
  __mmask16 mask = (__mmask16)((1u << (n - i)) - 1);
  if (type == CK_F32) return (vf)_mm512_mask_loadu_ps((__m512)splat(fill), mask, (const float *)p + i);
  vh h = (vh)_mm256_maskz_loadu_epi16(mask, (const uint16_t *)p + i);
  vf v = type == CK_BF16 ? from_bf16(h) : from_f16(h);
  return (vf)_mm512_mask_blend_ps(mask, (__m512)splat(fill), (__m512)v);
#else
  if (type == CK_F32) {
    float part[LANES];
    *(vf_loose *)part = splat(fill);
    for (size_t k = 0; k < n - i; k++) {
      NOT_A_CALL(k);
      part[k] = ((const float *)p)[i + k];
    }
    return *(vf_loose *)part;
  }
  uint16_t part[LANES];
  *(vh_loose *)part = (vh){};
  for (size_t k = 0; k < n - i; k++) {
    NOT_A_CALL(k);
    part[k] = ((const uint16_t *)p)[i + k];
  }
  vf v = type == CK_BF16 ? from_bf16(*(vh_loose *)part) : from_f16(*(vh_loose *)part);
  vi lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return pick(lane < (int32_t)(n - i), v, splat(fill));
#endif
}

// Elements i ..< i + 16 of a row of n; those past its end read as `fill`.
INLINE vf load_or(const void *p, ck_element type, size_t i, size_t n, float fill) {
  if (__builtin_expect(n - i < LANES, 0)) return load_part(p, type, i, n, fill);
  if (type == CK_F32) return *(const vf_loose *)((const float *)p + i);
  vh h = *(const vh_loose *)((const uint16_t *)p + i);
  return type == CK_BF16 ? from_bf16(h) : from_f16(h);
}

INLINE vf load(const void *p, ck_element type, size_t i, size_t n) { return load_or(p, type, i, n, 0); }

INLINE void store_floats(float *to, size_t count, vf v, int stream) {
  if (__builtin_expect(count < LANES, 0)) {
#if MASKS
    _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), (__m512)v);
#else
    float part[LANES];
    *(vf_loose *)part = v;
    for (size_t k = 0; k < count; k++) {
      NOT_A_CALL(k);
      to[k] = part[k];
    }
#endif
  } else if (stream) {
    __builtin_nontemporal_store(v, (vf *)to);
  } else {
    *(vf_loose *)to = v;
  }
}

INLINE void store_halves(uint16_t *to, size_t count, vh v, int stream) {
  if (__builtin_expect(count < LANES, 0)) {
#if MASKS
    _mm256_mask_storeu_epi16(to, (__mmask16)((1u << count) - 1), (__m256i)v);
#else
    uint16_t part[LANES];
    *(vh_loose *)part = v;
    for (size_t k = 0; k < count; k++) {
      NOT_A_CALL(k);
      to[k] = part[k];
    }
#endif
  } else if (stream) {
#if MASKS
    _mm256_stream_si256((__m256i *)to, (__m256i)v);  // clang 21 makes a plain store of the other for converted numbers
#else
    __builtin_nontemporal_store(v, (vh *)to);
#endif
  } else {
    *(vh_loose *)to = v;
  }
}

// Elements i ..< i + 16 of a row of n, as far as it goes.
INLINE void store(void *p, ck_element type, size_t i, size_t n, vf v, int stream) {
  if (type == CK_F32) store_floats((float *)p + i, n - i, v, stream);
  else store_halves((uint16_t *)p + i, n - i, to_bf16(v), stream);
}

// For loops over bf16 alone, whatever the order of the lanes: with AVX2 the even elements come in the lower half and the
// odd ones in the upper half, which takes no shuffles. No NaN that arithmetic makes of bf16 carries when it is rounded.
INLINE vf in_order(vf x) { return __builtin_shufflevector(x, x, 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15); }
INLINE vf by_parity(vf x) { return __builtin_shufflevector(x, x, 0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15); }

// The lanes of whole vectors of elements `i ..< i + 16`: by parity where that is asked for, if it gains anything here.
INLINE vf load_lanes(int parity, const void *p, ck_element type, size_t i) {
  if (!AVX2 || !parity) return load(p, type, i, i + LANES);
  typedef uint32_t half __attribute__((vector_size(32)));
  half pairs = (half)*(const vh_loose *)((const uint16_t *)p + i);
  return (vf)__builtin_shufflevector(pairs << 16, pairs & 0xffff0000u, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

INLINE void store_lanes(int parity, void *p, ck_element type, size_t i, vf v, int stream) {
#if AVX2
  if (parity) {
    vu u = bits(v), rounded = u + 0x7fffu + ((u >> 16) & 1u);
    __m256i half[2];
    memcpy(half, &rounded, sizeof half);
    store_halves((uint16_t *)p + i, LANES, (vh)_mm256_blend_epi16(_mm256_srli_epi32(half[0], 16), half[1], 0xaa), stream);
    return;
  }
#endif
  (void)parity;
  store(p, type, i, i + LANES, v, stream);
}

INLINE size_t size_of(ck_element type) { return type == CK_F32 ? 4 : 2; }
INLINE const void *at(const void *p, ck_element type, size_t i) { return (const char *)p + i * size_of(type); }
INLINE void *out_at(void *p, ck_element type, size_t i) { return (char *)p + i * size_of(type); }

// Streaming stores want whole aligned vectors: of a row of n, repeated.
INLINE int can_stream(int wanted, const void *p, ck_element type, size_t rows, size_t n) {
  size_t width = LANES * size_of(type);
  return wanted && (uintptr_t)p % width == 0 && (rows <= 1 || n % LANES == 0);
}

// Stores past the cache are not ordered with the ones that tell other threads about them.
INLINE void end_stream(int stream) {
#if defined(__x86_64__)
  if (stream) __builtin_ia32_sfence();
#else
  (void)stream;
#endif
}

INLINE float sum_lanes(vf v) {
  v += __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  v += __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
  v += __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  return v[0] + v[1];
}

INLINE float max_lanes(vf v) {
  v = larger(v, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  v = larger(v, __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
  v = larger(v, __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  return larger(v, __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14))[0];
}

#endif
