// The activations and their derivatives on vectors of LANES floats.

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

/// e^x to 1.5 ulp for x between −87 and 87, and that of the nearer bound beyond: x = n ln 2 + r, and a polynomial for
/// e^r. NaN gives NaN.
INLINE vf exponential(vf x) {
  const float shift = 12582912;  // 1.5 · 2²³: adding it rounds to an integer
  x = at_most(at_least(x, -87.0f), 87.0f);
  vf n = x * 1.44269504f + shift;
  vi power = (vi)n << 23;
  n -= shift;
  vf r = x - n * 0.693145752f;
  r -= n * 1.42860677e-6f;
  vf y = r * 1.38888889e-3f + 8.33333333e-3f;
  y = y * r + 4.16666667e-2f;
  y = y * r + 1.66666667e-1f;
  y = y * r + 0.5f;
  y = y * r + 1.0f;
  y = y * r + 1.0f;
  return y * (vf)(power + 0x3f800000);
}

/// 1 / x where both are normal numbers.
INLINE vf reciprocal(vf x) {
#if MASKS
  vf y = (vf)_mm512_rcp14_ps((__m512)x);  // to 14 bits, and one step of Newton's method
  return y + y * (1.0f - x * y);
#else
  return 1.0f / x;
#endif
}

INLINE vf sigmoid(vf x) { return reciprocal(1.0f + exponential(-x)); }

/// The derivative of x σ(y(x)), with y and y′ at x: σ + x y′ σ (1 − σ), from e^−|y| so that nothing cancels.
INLINE vf gated_slope(vf x, vf y, vf y_slope) {
  vf e = exponential((vf)((vi)y | (vi)splat(-0.0f)));
  vf share = reciprocal(1.0f + e);
  vf tail = e * share;
  vf rise = x * y_slope * (tail * share);
  return pick(y < 0, tail, share) + pick((vf)((vi)y & 0x7fffffff) > 80, (vf){0}, rise);
}

/// Φ(x), the normal distribution, and e^(−x²/2). Φ(−|x|) = t·P(t)·e^(−x²/2) with t = 1 / (1 + 0.3 |x| / √2) has a
/// relative error of 2e−8 with the nine coefficients below (a minimax fit to erfc).
INLINE vf normal_distribution(vf x, vf *bell) {
  vf magnitude = (vf)((vi)x & 0x7fffffff);
  vf t = reciprocal(at_most(magnitude, 1e18f) * 0.212132034f + 1.0f);
  vf y = t * -0.0647615716f + 0.242782205f;
  y = y * t + -0.256140381f;
  y = y * t + 0.273861647f;
  y = y * t + -0.0473265685f;
  y = y * t + 0.107463598f;
  y = y * t + 0.0741694272f;
  y = y * t + 0.0853576362f;
  y = y * t + 0.0845940039f;
  *bell = exponential(x * x * -0.5f);
  vf tail = y * t * *bell;
  return pick(x < 0, tail, 1.0f - tail);
}

static const float tanh_inner = 1.59576912f;  // 2 √(2/π): x σ(2u) = x (1 + tanh u) / 2
static const float tanh_cubic = 0.0713548163f;

INLINE vf activate(ck_activation activation, vf x) {
  vf bell;
  switch (activation) {
    case CK_ACTIVATION_NONE: break;
    case CK_ACTIVATION_RELU: return pick(x < 0, (vf){0}, x);
    case CK_ACTIVATION_GELU: return x * normal_distribution(x, &bell);
    case CK_ACTIVATION_GELU_TANH: return x * sigmoid(x * (x * x * tanh_cubic + tanh_inner));
    case CK_ACTIVATION_QUICK_GELU: return x * sigmoid(x * 1.702f);
  }
  return x;
}

INLINE vf activation_slope(ck_activation activation, vf x) {
  vf bell, s;
  switch (activation) {
    case CK_ACTIVATION_NONE: break;
    case CK_ACTIVATION_RELU: return pick(x <= 0, (vf){0}, splat(1));
    case CK_ACTIVATION_GELU:
      s = normal_distribution(x, &bell);
      return s + x * bell * 0.398942280f;
    case CK_ACTIVATION_GELU_TANH:
      return gated_slope(x, x * (x * x * tanh_cubic + tanh_inner), x * x * (3 * tanh_cubic) + tanh_inner);
    case CK_ACTIVATION_QUICK_GELU: return gated_slope(x, x * 1.702f, splat(1.702f));
  }
  return splat(1);
}
