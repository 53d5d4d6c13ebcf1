// The AVX-512 intrinsics that the kernels use, as plain loops over the same 64-byte vectors. emulate.sh puts this header
// in the place of <immintrin.h>: the kernels of these levels then run, slowly, where the CPU has none of them. The
// meaning of each is that of Intel's Software Developer's Manual.
#ifndef AVX512_EMULATED_H
#define AVX512_EMULATED_H

#include <immintrin.h>

#include <math.h>
#include <stdint.h>
#include <string.h>

#define EMULATED static inline __attribute__((always_inline, unused, target("avx2,fma,f16c")))
#define EACH(i, n) for (int i = 0; i < (n); i++)

typedef float emulated_floats __attribute__((vector_size(64)));
typedef int32_t emulated_ints __attribute__((vector_size(64)));
typedef uint16_t emulated_halves __attribute__((vector_size(64)));
typedef int16_t emulated_shorts __attribute__((vector_size(64)));
typedef uint16_t emulated_half_halves __attribute__((vector_size(32)));

EMULATED float emulated_bf16(uint16_t half) {
  uint32_t bits = (uint32_t)half << 16;
  // Denormal numbers are read as zeros.
  if ((bits & 0x7f800000u) == 0) bits &= 0x80000000u;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

EMULATED float emulated_flushed(float x) { return fabsf(x) < 0x1p-126f ? copysignf(0, x) : x; }

EMULATED uint16_t emulated_to_bf16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  if (x != x) return (uint16_t)((bits >> 16) | 0x40u);
  if ((bits & 0x7f800000u) == 0) return (uint16_t)((bits >> 16) & 0x8000u);
  return (uint16_t)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

EMULATED emulated_floats emulated_dpbf16(emulated_floats sum, emulated_halves a, emulated_halves b) {
  EACH(i, 16) {
    EACH(k, 2) {  // the odd one first
      int at = 2 * i + 1 - k;
      sum[i] = emulated_flushed(fmaf(emulated_bf16(a[at]), emulated_bf16(b[at]), emulated_flushed(sum[i])));
    }
  }
  return sum;
}

EMULATED emulated_half_halves emulated_cvtneps(emulated_floats x) {
  emulated_half_halves y;
  EACH(i, 16) y[i] = emulated_to_bf16(x[i]);
  return y;
}

EMULATED emulated_halves emulated_cvtne2ps(emulated_floats high, emulated_floats low) {
  emulated_halves y;
  EACH(i, 16) {
    y[i] = emulated_to_bf16(low[i]);
    y[16 + i] = emulated_to_bf16(high[i]);
  }
  return y;
}

EMULATED emulated_halves emulated_permute(emulated_halves order, emulated_halves x) {
  emulated_halves y;
  EACH(i, 32) y[i] = x[order[i] & 31];
  return y;
}

EMULATED emulated_floats emulated_permute_floats(emulated_ints order, emulated_floats x) {
  emulated_floats y;
  EACH(i, 16) y[i] = x[order[i] & 15];
  return y;
}

// The second where either is NaN, as in the manual.
EMULATED emulated_floats emulated_max(emulated_floats a, emulated_floats b) {
  EACH(i, 16) a[i] = a[i] > b[i] ? a[i] : b[i];
  return a;
}

EMULATED emulated_floats emulated_min(emulated_floats a, emulated_floats b) {
  EACH(i, 16) a[i] = a[i] < b[i] ? a[i] : b[i];
  return a;
}

EMULATED emulated_floats emulated_fraction(emulated_floats x) {
  EACH(i, 16) x[i] = isinf(x[i]) ? 0 : x[i] - floorf(x[i]);
  return x;
}

EMULATED float emulated_scaled(float a, float b) {
  if (a != a || b != b) return a + b;
  if (isinf(b)) return b > 0 ? (a == 0 ? NAN : copysignf(INFINITY, a)) : (isinf(a) ? NAN : copysignf(0, a));
  float exponent = floorf(b);
  return ldexpf(a, exponent > 1000 ? 1000 : exponent < -1000 ? -1000 : (int)exponent);
}

EMULATED emulated_floats emulated_scalef(emulated_floats a, emulated_floats b) {
  EACH(i, 16) a[i] = emulated_scaled(a[i], b[i]);
  return a;
}

// The relative error may be 2^-14, so that of the worst CPU is made: all reciprocals are too large by nearly that.
EMULATED emulated_floats emulated_rcp14(emulated_floats x) {
  EACH(i, 16) x[i] = 1 / x[i] * (1 + 0x1.f8p-15f);
  return x;
}

EMULATED uint16_t emulated_sign_mask(emulated_ints x) {
  unsigned mask = 0;
  EACH(i, 16) mask |= (x[i] < 0 ? 1u : 0u) << i;
  return (uint16_t)mask;
}

EMULATED emulated_floats emulated_blend(unsigned mask, emulated_floats a, emulated_floats b) {
  EACH(i, 16) a[i] = mask >> i & 1 ? b[i] : a[i];
  return a;
}

// Elements that the mask leaves out are neither read nor written: they may lie outside what is mapped.
EMULATED emulated_floats emulated_load(emulated_floats otherwise, unsigned mask, const void *p) {
  EACH(i, 16) if (mask >> i & 1) otherwise[i] = ((const float *)p)[i];
  return otherwise;
}

EMULATED void emulated_store(void *p, unsigned mask, emulated_floats x) {
  EACH(i, 16) if (mask >> i & 1) ((float *)p)[i] = x[i];
}

EMULATED emulated_half_halves emulated_load_halves(unsigned mask, const void *p) {
  emulated_half_halves x = {};
  EACH(i, 16) if (mask >> i & 1) x[i] = ((const uint16_t *)p)[i];
  return x;
}

EMULATED void emulated_store_halves(void *p, unsigned mask, emulated_half_halves x) {
  EACH(i, 16) if (mask >> i & 1) ((uint16_t *)p)[i] = x[i];
}

EMULATED emulated_ints emulated_madd(emulated_shorts a, emulated_shorts b) {
  emulated_ints sums;
  EACH(i, 16) sums[i] = a[2 * i] * b[2 * i] + a[2 * i + 1] * b[2 * i + 1];
  return sums;
}

EMULATED emulated_ints emulated_dpbusd(emulated_ints sums, __m512i a, __m512i b) {
  typedef uint8_t bytes __attribute__((vector_size(64)));
  typedef int8_t signed_bytes __attribute__((vector_size(64)));
  EACH(i, 16) EACH(k, 4) sums[i] += ((bytes)a)[4 * i + k] * ((signed_bytes)b)[4 * i + k];
  return sums;
}

#define F(x) ((emulated_floats)(x))
#define I(x) ((emulated_ints)(x))
#define H(x) ((emulated_halves)(x))
#define S(x) ((emulated_shorts)(x))

#undef _mm512_reduce_ps
#undef _mm512_dpbusd_epi32
#define _mm512_dpbf16_ps(sum, a, b) ((__m512)emulated_dpbf16(F(sum), H(a), H(b)))
#define _mm512_cvtneps_pbh(x) ((__m256bh)emulated_cvtneps(F(x)))
#define _mm512_cvtne2ps_pbh(high, low) ((__m512bh)emulated_cvtne2ps(F(high), F(low)))
#define _mm512_permutexvar_epi16(order, x) ((__m512i)emulated_permute(H(order), H(x)))
#define _mm512_permutexvar_ps(order, x) ((__m512)emulated_permute_floats(I(order), F(x)))
#define _mm512_max_ps(a, b) ((__m512)emulated_max(F(a), F(b)))
#define _mm512_min_ps(a, b) ((__m512)emulated_min(F(a), F(b)))
#define _mm512_reduce_ps(x, rounding) ((__m512)emulated_fraction(F(x)))
#define _mm512_scalef_ps(a, b) ((__m512)emulated_scalef(F(a), F(b)))
#define _mm512_rcp14_ps(x) ((__m512)emulated_rcp14(F(x)))
#define _mm512_movepi32_mask(x) emulated_sign_mask(I(x))
#define _mm512_mask_blend_ps(mask, a, b) ((__m512)emulated_blend(mask, F(a), F(b)))
#define _mm512_mask_loadu_ps(otherwise, mask, p) ((__m512)emulated_load(F(otherwise), mask, p))
#define _mm512_maskz_loadu_ps(mask, p) ((__m512)emulated_load((emulated_floats){}, mask, p))
#define _mm512_mask_storeu_ps(p, mask, x) emulated_store(p, mask, F(x))
#define _mm256_maskz_loadu_epi16(mask, p) ((__m256i)emulated_load_halves(mask, p))
#define _mm256_mask_storeu_epi16(p, mask, x) emulated_store_halves(p, mask, (emulated_half_halves)(x))
#define _mm512_setzero_ps() ((__m512){})
#define _mm512_set1_ps(x) ((__m512)((x) - (emulated_floats){}))
#define _mm512_set1_epi32(x) ((__m512i)((x) + (emulated_ints){}))
#define _mm512_set1_epi16(x) ((__m512i)((int16_t)(x) + (emulated_shorts){}))
#define _mm512_and_si512(a, b) ((__m512i)(a) & (__m512i)(b))
#define _mm512_add_epi32(a, b) ((__m512i)(I(a) + I(b)))
#define _mm512_madd_epi16(a, b) ((__m512i)emulated_madd(S(a), S(b)))
#define _mm512_slli_epi16(x, by) ((__m512i)(H(x) << (by)))
#define _mm512_srli_epi16(x, by) ((__m512i)(H(x) >> (by)))
#define _mm512_srai_epi16(x, by) ((__m512i)(S(x) >> (by)))
#define _mm512_dpbusd_epi32(sums, a, b) ((__m512i)emulated_dpbusd(I(sums), a, b))
// From the last one to the first.
#define _mm512_set_epi16(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, A, B, C, D, E, \
                         G)                                                                                           \
  ((__m512i)(emulated_shorts){G, E, D, C, B, A, z, y, x, w, v, u, t, s, r, q, p, o, n, m, l, k, j, i, h, g, f, e, d, c, b, a})

#endif
