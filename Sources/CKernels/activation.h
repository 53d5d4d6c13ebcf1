// The activations of networks and their derivatives, on whatever vectors of floats the including file has: it defines
//   vf, vi                  vectors of floats, and of integers of the same width
//   splat(x), pick(m, a, b) x in all lanes; a where the mask m is set, else b
//   MASKS, AVX2             1 where vectors are AVX-512's, or one or more of AVX's
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

/// e^r for |r| ≤ ln 2 / 2; 1 at 0, as fits of fewer terms are not.
INLINE vf exponential_near_zero(vf r) {
  vf square = r * r;
  vf y = (r * 1.38888889e-3f + 8.33333333e-3f) * square + (r * 4.16666667e-2f + 1.66666667e-1f);
  return (y * r + 0.5f) * square + (r + 1.0f);
}

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

/// e^x for x ≤ 0 to 1.5 ulp: x = n ln 2 + r. What is below the normal numbers may be 0; NaN gives NaN.
INLINE vf exponential(vf x) {
  x = at_least(x, -104.0f);
#if MASKS
  vf n = (vf)_mm512_roundscale_ps((__m512)(x * 1.44269504f), 0);
#else
  const float shift = 12582912 + 127;  // 1.5 · 2²³: adding it rounds to an integer, here a float's exponent
  vf n = x * 1.44269504f + shift;
  vf power = no_less_than_zero((vi)n << 23);
  n -= shift;
#endif
  vf r = x - n * 0.693145752f;
  r -= n * 1.42860677e-6f;
#if MASKS
  return (vf)_mm512_scalef_ps((__m512)exponential_near_zero(r), (__m512)n);
#else
  return exponential_near_zero(r) * power;
#endif
}

/// 1 / x where both are normal numbers, to 11 bits at least where that will do: which bits follow may depend on the CPU.
INLINE vf reciprocal(bool coarse, vf x) {
#if MASKS
  vf y = (vf)_mm512_rcp14_ps((__m512)x);
  return coarse ? y : y + y * (1.0f - x * y);  // a step of Newton's method
#else
#if AVX2
  if (coarse) {
    EACH_EIGHT(x, _mm256_rcp_ps(part[i]));
  }
#endif
  (void)coarse;
  return 1.0f / x;
#endif
}

/// x σ(y), for power = −y / ln 2.
INLINE vf gated(bool coarse, vf x, vf power) {
  if (coarse) return x * reciprocal(true, coarse_power_of_two(power) + 1.0f);
#if MASKS
  vf share = reciprocal(false, binary_exponential(at_most(power, 126.0f)) + 1.0f);
  return x * pick(power > 126.0f, (vf){0}, share);
#else
  return x / (binary_exponential(at_most(at_least(power, -126.0f), 128.0f)) + 1.0f);
#endif
}

/// The derivative of x σ(y(x)), with y and y′ at x: σ + x y′ σ (1 − σ), from e^−|y| so that nothing cancels.
INLINE vf gated_slope(bool coarse, vf x, vf y, vf y_slope) {
  vf power = (vf)((vi)y | (vi)splat(-0.0f)) * 1.44269504f;
  vf e = coarse ? coarse_power_of_two(power) : binary_exponential(at_least(power, -200.0f));
  vf share = reciprocal(coarse, 1.0f + e);
  vf tail = e * share;
  vf rise = x * y_slope * (tail * share);
  return pick(y < 0, tail, share) + pick((vf)((vi)y & 0x7fffffff) > 80, (vf){0}, rise);
}

INLINE vf magnitude_up_to(vf x, float bound) { return at_most((vf)((vi)x & 0x7fffffff), bound); }

/// The tail of the normal distribution Φ(−|x|) is bell · t · P(t), with bell = e^(−x²/2) and t = 1 / (1 + 0.3 |x|): P is
/// a minimax fit with a relative error of 1e−7 up to |x| = 2, and 2e−7 beyond, which gives x Φ(x) to 4e−9. Returns P,
/// which comes last, for size = |x| up to 16.
INLINE vf normal_tail(vf size, vf *bell, vf *share) {
  *bell = binary_exponential(size * (size * -0.721347520f));
  vf t = *share = reciprocal(false, size * 0.3f + 1.0f);
  return POLYNOMIAL(t, 0.119621664f, 0.120883904f, 0.0990187973f, 0.131790429f, -0.0602924116f, 0.21405302f,
                    -0.161951959f, 0.0368766077f);
}

/// What is exact to 2⁻⁹ can do without exponentials: with |x| = a, x g(x) is max(x, 0) − a g(−a), and g(−a) is D(a)⁻³²
/// for a polynomial D. The gate's error relative to it is 7e−6 for GELU, 2e−4 with tanh, where a g(−a) is over 1e−3, and
/// that of a g(−a) at most 1e−6 and 2e−5 anywhere. In the derivative g(−a) + a g(−a)′ is D(a)⁻³² T(a) to 3e−6 and 3e−5.
static const struct { float tail[6], slope[6]; } coarse_gelu = {
    {1.02189708f, 0.0254790783f, 0.0104863346f, 1.41634932e-3f, -7.95721862e-5f, 1.99573878e-5f},
    {0.99999249f, -0.797731876f, -0.637287199f, -0.108363405f, 0.0199688822f, -1.6998488e-3f}},
coarse_gelu_tanh = {
    {1.02190185f, 0.0254237447f, 0.0105896425f, 1.3853804e-3f, -1.80722694e-4f, 7.09527594e-5f},
    {1.00008535f, -0.798062861f, -0.637860239f, -0.107601441f, 0.0288051851f, -7.66103715e-3f}};

INLINE vf coarse_tail(const float c[6], vf size) {
  vf power = polynomial(6, c, size);
#pragma clang loop unroll(full)
  for (int i = 0; i < 5; i++) power *= power;
  return reciprocal(true, power);
}

static const float tanh_inner = 1.59576912f;  // 2 √(2/π): x σ(2u) = x (1 + tanh u) / 2
static const float tanh_cubic = 0.0713548163f;
static const float log2_e = 1.44269504f;

INLINE vf activate(bool coarse, ck_activation activation, vf x) {
  vf size, bell, t;
  switch (activation) {
    case CK_ACTIVATION_NONE: break;
    case CK_ACTIVATION_RELU: return pick(x < 0, (vf){0}, x);
    case CK_ACTIVATION_GELU:
      size = magnitude_up_to(x, 16);
      if (coarse) return at_least(x, 0) - size * coarse_tail(coarse_gelu.tail, size);
      vf y = normal_tail(size, &bell, &t);
      return at_least(x, 0) - size * bell * t * y;
    case CK_ACTIVATION_GELU_TANH:
      size = magnitude_up_to(x, 16);
      if (coarse && !MASKS) return at_least(x, 0) - size * coarse_tail(coarse_gelu_tanh.tail, size);
      return gated(coarse, x, x * (x * x * (-log2_e * tanh_cubic) - log2_e * tanh_inner));
    case CK_ACTIVATION_QUICK_GELU: return gated(coarse, x, x * (-log2_e * 1.702f));
  }
  return x;
}

INLINE vf activation_slope(bool coarse, ck_activation activation, vf x) {
  vf size = magnitude_up_to(x, 16), tail, bell, t;
  switch (activation) {
    case CK_ACTIVATION_NONE: return splat(1);
    case CK_ACTIVATION_RELU: return pick(x <= 0, (vf){0}, splat(1));
    case CK_ACTIVATION_GELU:
      if (coarse) {
        tail = polynomial(6, coarse_gelu.slope, size) * coarse_tail(coarse_gelu.tail, size);
      } else {
        vf y = normal_tail(size, &bell, &t);
        tail = (t * y - size * 0.398942280f) * bell;
      }
      return pick((vi)x < 0, tail, 1.0f - tail);
    case CK_ACTIVATION_GELU_TANH:
      if (coarse && !MASKS) {
        tail = polynomial(6, coarse_gelu_tanh.slope, size) * coarse_tail(coarse_gelu_tanh.tail, size);
        return pick((vi)x < 0, tail, 1.0f - tail);
      }
      return gated_slope(coarse, x, x * (x * x * tanh_cubic + tanh_inner), x * x * (3 * tanh_cubic) + tanh_inner);
    case CK_ACTIVATION_QUICK_GELU: return gated_slope(coarse, x, x * 1.702f, splat(1.702f));
  }
  return splat(1);
}
