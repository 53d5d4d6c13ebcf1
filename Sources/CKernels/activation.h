// The activations of networks and their derivatives, on whatever vectors of floats the including file has: it defines
//   vf, vi                  vectors of floats, and of integers of the same width
//   splat(x), pick(m, a, b) x in all lanes; a where the mask m is set, else b
//   MASKS                   1 where vectors are AVX-512's
// `coarse`, known when this is compiled, is for results that are rounded to bf16: their relative error of 2⁻⁹ leaves
// room for shorter polynomials, 20 times as exact.
#include <stdbool.h>

#include "ck_gemm.h"

/// The larger of x and a bound, the smaller of both; NaN stays NaN.
INLINE vf at_least(vf x, float bound) {
#if MASKS
  return (vf)_mm512_max_ps(_mm512_set1_ps(bound), (__m512)x);
#else
  return pick(x < bound, splat(bound), x);
#endif
}
INLINE vf at_most(vf x, float bound) {
#if MASKS
  return (vf)_mm512_min_ps(_mm512_set1_ps(bound), (__m512)x);
#else
  return pick(x > bound, splat(bound), x);
#endif
}

/// e^r for |r| ≤ ln 2 / 2.
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

/// e^x to 1.5 ulp (coarse: 9e−5) for x up to 87, beyond which it stays e^87: x = n ln 2 + r. What is below the normal
/// numbers may be 0; NaN gives NaN.
INLINE vf exponential(bool coarse, vf x) {
  if (coarse) return coarse_power_of_two(at_most(x, 87.0f) * 1.44269504f);
#if MASKS
  x = at_most(at_least(x, -104.0f), 87.0f);
  vf n = (vf)_mm512_roundscale_ps((__m512)(x * 1.44269504f), 0);
#else
  const float shift = 12582912;  // 1.5 · 2²³: adding it rounds to an integer
  vi none = x < -87.0f;
  x = at_most(at_least(x, -87.0f), 87.0f);
  vf n = x * 1.44269504f + shift;
  vf power = (vf)((((vi)n << 23) + 0x3f800000) & ~none);
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

/// 1 / x where both are normal numbers, to 14 bits at least where that will do.
INLINE vf reciprocal(bool coarse, vf x) {
#if MASKS
  vf y = (vf)_mm512_rcp14_ps((__m512)x);
  return coarse ? y : y + y * (1.0f - x * y);  // a step of Newton's method
#else
  (void)coarse;
  return 1.0f / x;
#endif
}

INLINE vf sigmoid(bool coarse, vf x) {
  if (coarse) return reciprocal(true, coarse_power_of_two(x * -1.44269504f) + 1.0f);
  return pick(x < -87.0f, (vf){0}, reciprocal(false, exponential(false, -x) + 1.0f));
}

/// The derivative of x σ(y(x)), with y and y′ at x: σ + x y′ σ (1 − σ), from e^−|y| so that nothing cancels.
INLINE vf gated_slope(bool coarse, vf x, vf y, vf y_slope) {
  vf e = exponential(coarse, (vf)((vi)y | (vi)splat(-0.0f)));
  vf share = reciprocal(coarse, 1.0f + e);
  vf tail = e * share;
  vf rise = x * y_slope * (tail * share);
  return pick(y < 0, tail, share) + pick((vf)((vi)y & 0x7fffffff) > 80, (vf){0}, rise);
}

/// e^(−x²/2), with the relative error of a rounded x² / 2.
INLINE vf bell(vf x) {
#if MASKS
  vf power = x * x * -0.721347520f, f = (vf)_mm512_reduce_ps((__m512)power, _MM_FROUND_TO_NEG_INF), square = f * f;
  vf p = (f * 1.86713005e-3f + 9.01703071e-3f) * square + (f * 0.0557999127f + 0.240164444f);
  p = p * square + (f * 0.693151295f + 1.0f);
  return (vf)_mm512_scalef_ps((__m512)p, (__m512)power);
#else
  return exponential(false, x * x * -0.5f);
#endif
}

INLINE vf magnitude_of(vf x) { return at_most((vf)((vi)x & 0x7fffffff), 1e18f); }

/// Φ(−|x|), the tail of the normal distribution, for size = |x| and bell = e^(−x²/2): t·P(t)·bell, where t is
/// 1 / (1 + 0.3 |x| / √2) and P a minimax fit with a relative error of 2e−8.
INLINE vf normal_tail(vf size, vf bell) {
  vf t = reciprocal(false, size * 0.212132034f + 1.0f);
  vf y = t * -0.0647615716f + 0.242782205f;
  y = y * t + -0.256140381f;
  y = y * t + 0.273861647f;
  y = y * t + -0.0473265685f;
  y = y * t + 0.107463598f;
  y = y * t + 0.0741694272f;
  y = y * t + 0.0853576362f;
  y = y * t + 0.0845940039f;
  return y * (t * bell);
}

/// e with Φ(x) = 1 / (1 + e), which is 2^−xP(x²) with a minimax fit P for |x| ≤ 4.5: x Φ(x) to 2e−5, its slope to 6e−5.
/// `rise` gives the derivative of xP(x²), times ln 2.
INLINE vf coarse_normal_odds(vf x, vf *rise) {
  const float LN2 = 0.693147181f;
  static const float fit[6] = {2.30169916f,     0.105740891f,    -5.20737376e-4f,
                               -7.73864158e-5f, 3.97105896e-6f, -6.38791207e-8f};
  vf square = at_most(x * x, 20.25f), y = splat(fit[5]), d = splat(11 * LN2 * fit[5]);
#pragma clang loop unroll(full)
  for (int i = 4; i >= 0; i--) {
    y = y * square + fit[i];
    d = d * square + (float)(2 * i + 1) * LN2 * fit[i];
  }
  *rise = d;
  return coarse_power_of_two(y * -x);
}

static const float tanh_inner = 1.59576912f;  // 2 √(2/π): x σ(2u) = x (1 + tanh u) / 2
static const float tanh_cubic = 0.0713548163f;

INLINE vf activate(bool coarse, ck_activation activation, vf x) {
  switch (activation) {
    case CK_ACTIVATION_NONE: break;
    case CK_ACTIVATION_RELU: return pick(x < 0, (vf){0}, x);
    case CK_ACTIVATION_GELU:
      if (coarse) return x * reciprocal(true, coarse_normal_odds(x, &(vf){0}) + 1.0f);
      return pick(x < 0, (vf){0}, x) - magnitude_of(x) * normal_tail(magnitude_of(x), bell(x));
    case CK_ACTIVATION_GELU_TANH: return x * sigmoid(coarse, x * (x * x * tanh_cubic + tanh_inner));
    case CK_ACTIVATION_QUICK_GELU: return x * sigmoid(coarse, x * 1.702f);
  }
  return x;
}

INLINE vf activation_slope(bool coarse, ck_activation activation, vf x) {
  vf s, density;
  switch (activation) {
    case CK_ACTIVATION_NONE: break;
    case CK_ACTIVATION_RELU: return pick(x <= 0, (vf){0}, splat(1));
    case CK_ACTIVATION_GELU:
      if (coarse) {
        x = at_most(at_least(x, -12.0f), 12.0f);
        vf rise, odds = coarse_normal_odds(x, &rise);
        s = reciprocal(true, odds + 1.0f);
        return s + x * rise * (odds * s * s);
      }
      density = bell(x);
      s = normal_tail(magnitude_of(x), density);
      return pick(x < 0, s, 1.0f - s) + x * density * 0.398942280f;
    case CK_ACTIVATION_GELU_TANH:
      return gated_slope(coarse, x, x * (x * x * tanh_cubic + tanh_inner), x * x * (3 * tanh_cubic) + tanh_inner);
    case CK_ACTIVATION_QUICK_GELU: return gated_slope(coarse, x, x * 1.702f, splat(1.702f));
  }
  return splat(1);
}
