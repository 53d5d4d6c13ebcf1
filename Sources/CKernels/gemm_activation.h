// The activations and their derivatives on vectors of LANES floats. `coarse`, known when this is compiled, is for
// results that are rounded to bf16: their relative error of 2⁻⁹ leaves room for shorter polynomials, 20 times as exact.

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

/// e^x to 1.5 ulp (coarse: 8e−5) for x between −87 and 87, and that of the nearer bound beyond: x = n ln 2 + r, and a
/// polynomial for e^r. NaN gives NaN.
INLINE vf exponential(bool coarse, vf x) {
  const float shift = 12582912;  // 1.5 · 2²³: adding it rounds to an integer
  x = at_most(at_least(x, -87.0f), 87.0f);
  vf n = x * 1.44269504f + shift;
  vf power = (vf)(((vi)n << 23) + 0x3f800000);
  n -= shift;
  if (coarse) {
    vf r = x - n * 0.693147181f;
    return (((r * 0.165668309f + 0.504963458f) * r + 1.00016415f) * r + 0.999928057f) * power;
  }
  vf r = x - n * 0.693145752f;
  r -= n * 1.42860677e-6f;
  vf y = r * 1.38888889e-3f + 8.33333333e-3f;
  y = y * r + 4.16666667e-2f;
  y = y * r + 1.66666667e-1f;
  y = y * r + 0.5f;
  y = y * r + 1.0f;
  y = y * r + 1.0f;
  return y * power;
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

INLINE vf sigmoid(bool coarse, vf x) { return reciprocal(coarse, 1.0f + exponential(coarse, -x)); }

/// The derivative of x σ(y(x)), with y and y′ at x: σ + x y′ σ (1 − σ), from e^−|y| so that nothing cancels.
INLINE vf gated_slope(bool coarse, vf x, vf y, vf y_slope) {
  vf e = exponential(coarse, (vf)((vi)y | (vi)splat(-0.0f)));
  vf share = reciprocal(coarse, 1.0f + e);
  vf tail = e * share;
  vf rise = x * y_slope * (tail * share);
  return pick(y < 0, tail, share) + pick((vf)((vi)y & 0x7fffffff) > 80, (vf){0}, rise);
}

/// Φ(x), the normal distribution, and e^(−x²/2): Φ(−|x|) = t·P(t)·e^(−x²/2) with t = 1 / (1 + p |x| / √2) and a minimax
/// fit to erfc, of degree 8 with a relative error of 2e−8, or coarse, of degree 4 with 5e−5.
INLINE vf normal_distribution(bool coarse, vf x, vf *bell) {
  vf magnitude = at_most((vf)((vi)x & 0x7fffffff), 1e18f);
  vf t = reciprocal(coarse, magnitude * (coarse ? 0.254558441f : 0.212132034f) + 1.0f);
  vf y;
  if (coarse) {
    y = t * 0.207708806f + -0.0512405112f;
    y = y * t + 0.150425687f;
    y = y * t + 0.0907931626f;
    y = y * t + 0.102335192f;
  } else {
    y = t * -0.0647615716f + 0.242782205f;
    y = y * t + -0.256140381f;
    y = y * t + 0.273861647f;
    y = y * t + -0.0473265685f;
    y = y * t + 0.107463598f;
    y = y * t + 0.0741694272f;
    y = y * t + 0.0853576362f;
    y = y * t + 0.0845940039f;
  }
  *bell = exponential(coarse, x * x * -0.5f);
  vf tail = y * t * *bell;
  return pick(x < 0, tail, 1.0f - tail);
}

static const float tanh_inner = 1.59576912f;  // 2 √(2/π): x σ(2u) = x (1 + tanh u) / 2
static const float tanh_cubic = 0.0713548163f;

INLINE vf activate(bool coarse, ck_activation activation, vf x) {
  vf bell;
  switch (activation) {
    case CK_ACTIVATION_NONE: break;
    case CK_ACTIVATION_RELU: return pick(x < 0, (vf){0}, x);
    case CK_ACTIVATION_GELU: return x * normal_distribution(coarse, x, &bell);
    case CK_ACTIVATION_GELU_TANH: return x * sigmoid(coarse, x * (x * x * tanh_cubic + tanh_inner));
    case CK_ACTIVATION_QUICK_GELU: return x * sigmoid(coarse, x * 1.702f);
  }
  return x;
}

INLINE vf activation_slope(bool coarse, ck_activation activation, vf x) {
  vf bell, s;
  switch (activation) {
    case CK_ACTIVATION_NONE: break;
    case CK_ACTIVATION_RELU: return pick(x <= 0, (vf){0}, splat(1));
    case CK_ACTIVATION_GELU:
      s = normal_distribution(coarse, x, &bell);
      return s + x * bell * 0.398942280f;
    case CK_ACTIVATION_GELU_TANH:
      return gated_slope(coarse, x, x * (x * x * tanh_cubic + tanh_inner), x * x * (3 * tanh_cubic) + tanh_inner);
    case CK_ACTIVATION_QUICK_GELU: return gated_slope(coarse, x, x * 1.702f, splat(1.702f));
  }
  return splat(1);
}
