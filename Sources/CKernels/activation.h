// The activations of networks and their derivatives, on whatever vectors of floats the including file has: it defines
//   vf, vi                  vectors of floats, and of integers of the same width
//   splat(x), pick(m, a, b) x in all lanes; a where the mask m is set, else b
//   MASKS, AVX2             1 where vectors are AVX-512's, or one or more of AVX's
//   EXACT_RECIPROCALS       1 where reciprocals of 11 bits, which AVX has, will not do for results rounded to bf16
// `coarse`, known when this is compiled, is for results that are rounded to bf16: their relative error of 2⁻⁹ leaves
// room for shorter polynomials, 20 times as exact.
#include <stdbool.h>

#include "ck_gemm.h"

#if AVX2
// Returns x with each of its eights replaced by call, in which it is `part[i]`.
#define EACH_EIGHT(x, call)                                            \
  __m256 part[sizeof x / sizeof(__m256)];                              \
  memcpy(part, &x, sizeof x);                                          \
  for (size_t i = 0; i < sizeof x / sizeof *part; i++) part[i] = call; \
  memcpy(&x, part, sizeof x);                                          \
  return x
#endif

/// The larger of x and a bound, the smaller of both; NaN stays NaN.
INLINE vf at_least(vf x, float bound) {
#if MASKS
  return (vf)_mm512_max_ps(_mm512_set1_ps(bound), (__m512)x);
#elif AVX2
  EACH_EIGHT(x, _mm256_max_ps(_mm256_set1_ps(bound), part[i]));
#else
  return pick(x < bound, splat(bound), x);
#endif
}
INLINE vf at_most(vf x, float bound) {
#if MASKS
  return (vf)_mm512_min_ps(_mm512_set1_ps(bound), (__m512)x);
#elif AVX2
  EACH_EIGHT(x, _mm256_min_ps(_mm256_set1_ps(bound), part[i]));
#else
  return pick(x > bound, splat(bound), x);
#endif
}

/// The larger of an integer and 0, as a float: what is below 2⁻¹²⁶ becomes 0.
INLINE vf no_less_than_zero(vi x) { return (vf)(x & ~(x >> 31)); }

/// Σ c[i] xⁱ, for a number of coefficients that is known when this is compiled. AVX-512's cores look far ahead and want
/// the fewest instructions, which is Horner's scheme; the others wait less for Estrin's.
INLINE vf polynomial(int count, const float *c, vf x) {
#if MASKS
  vf y = splat(c[count - 1]);
#pragma clang loop unroll(full)
  for (int i = count - 2; i >= 0; i--) y = y * x + c[i];
  return y;
#else
  vf y[8];
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) y[i] = splat(c[i]);
#pragma clang loop unroll(full)
  for (; count > 1; count = (count + 1) / 2, x *= x)
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i += 2) y[i / 2] = i + 1 < count ? y[i + 1] * x + y[i] : y[i];
  return y[0];
#endif
}
#define POLYNOMIAL(x, ...) \
  polynomial(sizeof((float[]){__VA_ARGS__}) / sizeof(float), (const float[]){__VA_ARGS__}, x)

/// 2^x to 8e−5; NaN gives NaN.
INLINE vf coarse_power_of_two(vf x) {
#if MASKS
  vf f = (vf)_mm512_reduce_ps((__m512)x, _MM_FROUND_TO_NEG_INF);
  vf p = ((f * 0.0770670399f + 0.227644995f) * f + 0.695116758f) * f + 1.0f;
  return (vf)_mm512_scalef_ps((__m512)p, (__m512)x);
#else
  x = at_most(at_least(x, -126.0f), 126.0f);
  vf shifted = x + 12582912.0f, f = x - (shifted - 12582912.0f);
  vf p = ((f * 0.0551716685f + 0.242611125f) * f + 0.693260968f) * f + 0.999928057f;
  return (vf)((vi)p + ((vi)shifted << 23));
#endif
}

/// 2^x to 1e−7 for −200 ≤ x ≤ 128, where it is ∞. What is below the normal numbers may be 0; NaN gives anything.
INLINE vf binary_exponential(vf x) {
#if MASKS
  vf f = (vf)_mm512_reduce_ps((__m512)x, _MM_FROUND_TO_NEG_INF);
  vf p = POLYNOMIAL(f, 1.0f, 0.693151295f, 0.240164444f, 0.0557999127f, 9.01703071e-3f, 1.86713005e-3f);
  return (vf)_mm512_scalef_ps((__m512)p, (__m512)x);
#else
  vf shifted = x + 12582912.0f, f = x - (shifted - 12582912.0f);
  vf p = POLYNOMIAL(f, 1.0f, 0.693147004f, 0.240222424f, 0.0555073358f, 9.67151299e-3f, 1.32647273e-3f);
  return no_less_than_zero((vi)p + ((vi)shifted << 23));
#endif
}

/// 1 / x where both are normal numbers, to 11 bits at least where that will do: which bits follow may depend on the CPU.
INLINE vf reciprocal(bool coarse, vf x) {
#if MASKS
  vf y = (vf)_mm512_rcp14_ps((__m512)x);
  return coarse ? y : y + y * (1.0f - x * y);  // a step of Newton's method
#else
#if AVX2 && !EXACT_RECIPROCALS
  if (coarse) {
    EACH_EIGHT(x, _mm256_rcp_ps(part[i]));
  }
#endif
  (void)coarse;
  return 1.0f / x;
#endif
}

static const float quick_rate = 1.702f * 1.44269504f;  // of x σ(1.702 x), where σ is made of powers of two

INLINE vf quick_gelu(bool coarse, vf x) {
  vf power = x * -quick_rate;
  if (coarse) return x * reciprocal(true, coarse_power_of_two(power) + 1.0f);
#if MASKS
  vf share = reciprocal(false, binary_exponential(at_most(power, 126.0f)) + 1.0f);
  return x * pick(power > 126.0f, (vf){0}, share);
#else
  return x / (binary_exponential(at_most(at_least(power, -126.0f), 128.0f)) + 1.0f);
#endif
}

/// The derivative, σ + 1.702 x σ (1 − σ), from e^−|1.702 x| so that nothing cancels.
INLINE vf quick_gelu_slope(bool coarse, vf x) {
  vf power = (vf)((vi)x | (vi)splat(-0.0f)) * quick_rate;
  vf e = coarse ? coarse_power_of_two(power) : binary_exponential(at_least(power, -200.0f));
  vf share = reciprocal(coarse, 1.0f + e);
  vf tail = e * share;
  vf rise = x * 1.702f * (tail * share);
  return pick((vi)x < 0, tail, share) + pick(power < -115.0f, (vf){0}, rise);
}

INLINE vf magnitude_up_to(vf x, float bound) { return at_most((vf)((vi)x & 0x7fffffff), bound); }

#include "gelu.h"

INLINE vf activate(bool coarse, ck_activation activation, vf x) {
  switch (activation) {
    case CK_ACTIVATION_NONE: break;
    case CK_ACTIVATION_RELU: return pick(x < 0, (vf){0}, x);
    case CK_ACTIVATION_GELU: return gelu(coarse, false, x);
    case CK_ACTIVATION_GELU_TANH: return gelu(coarse, true, x);
    case CK_ACTIVATION_QUICK_GELU: return quick_gelu(coarse, x);
  }
  return x;
}

INLINE vf activation_slope(bool coarse, ck_activation activation, vf x) {
  switch (activation) {
    case CK_ACTIVATION_NONE: break;
    case CK_ACTIVATION_RELU: return pick(x <= 0, (vf){0}, splat(1));
    case CK_ACTIVATION_GELU: return gelu_slope(coarse, false, x);
    case CK_ACTIVATION_GELU_TANH: return gelu_slope(coarse, true, x);
    case CK_ACTIVATION_QUICK_GELU: return quick_gelu_slope(coarse, x);
  }
  return splat(1);
}
