// Transcendental functions to about 2 units in the last place. The polynomials are minimax fits (Lawson's iteration on
// Chebyshev nodes); NaN, infinities and denormals come out as in IEEE arithmetic.
#ifndef CK_ELEMENTWISE_MATH_H
#define CK_ELEMENTWISE_MATH_H

#include "elementwise_vectors.h"

#include "activation.h"

// x = n ln 2 + r with |r| ≤ ln 2 / 2. Adding 1.5 · 2²³ rounds to an integer, which then sits in the low bits.
INLINE vf exp_parts(vf x, vi *n) {
  vf shifted = x * 1.44269504f + 12582912.0f;
  *n = (vi)shifted - 0x4b400000;
  vf whole = shifted - 12582912.0f;
  vf r = x - whole * 0.693359375f;
  return r + whole * 2.12194440e-4f;
}

// eʳ − 1 − r over r².
INLINE vf exp_tail(vf r) {
  return (((0.00139504f * r + 0.00836889f) * r + 0.04166621f) * r + 0.16666519f) * r + 0.50000001f;
}

INLINE vf power_of_two(vi n) { return (vf)((n + 127) << 23); }

INLINE vf exp_of(vf x) {
  x = pick(x > 89.0f, splat(89.0f), x);
  x = pick(x < -104.0f, splat(-104.0f), x);
  vi n;
  vf r = exp_parts(x, &n);
  vf p = (exp_tail(r) * r * r + r) + 1.0f;
  vi half = n >> 1;  // in two steps, so that results below the normal range are right
  return p * power_of_two(half) * power_of_two(n - half);
}

// eˣ − 1 for x ≤ 0, exact to the last bits near 0.
INLINE vf expm1_negative(vf x) {
  x = pick(x < -30.0f, splat(-30.0f), x);
  vi n;
  vf r = exp_parts(x, &n);
  vf q = exp_tail(r) * r * r + r;
  vf scale = power_of_two(n);
  return scale * q + (scale - 1.0f);
}

// log(1 + f) for √½ − 1 ≤ f ≤ √2 − 1.
INLINE vf log_near_one(vf f) {
  vf p = -0.07860142f * f + 0.1288138f;
  p = p * f - 0.13128417f;
  p = p * f + 0.14181218f;
  p = p * f - 0.16624595f;
  p = p * f + 0.20002286f;
  p = p * f - 0.25000809f;
  p = p * f + 0.33333317f;
  vf square = f * f;
  return f + (p * f * square - 0.5f * square);
}

INLINE vf log_of(vf x) {
  vi tiny = x < 0x1p-126f;
  vf scaled = pick(tiny, x * 0x1p23f, x);
  // Counting from √½ makes the mantissa fall into [√½, √2).
  vi u = (vi)scaled - 0x3f3504f3;
  vf exponent = __builtin_convertvector(u >> 23, vf) - pick(tiny, splat(23), splat(0));
  vf f = (vf)((u & 0x7fffff) + 0x3f3504f3) - 1.0f;
  vf y = exponent * 0.693359375f + (log_near_one(f) - exponent * 2.12194440e-4f);
  y = pick(x == 0.0f, splat(-__builtin_inff()), y);
  y = pick(x < 0.0f, splat(__builtin_nanf("")), y);
  return pick((x == __builtin_inff()) | (x != x), x, y);
}

// log(1 + u) for 0 ≤ u ≤ 1.
INLINE vf log1p_unit(vf u) {
  vi large = u > 0.41421356f;
  vf f = pick(large, 0.5f * u - 0.5f, u);
  return log_near_one(f) + pick(large, splat(0.693147181f), splat(0));
}

INLINE vf tanh_of(vf x) {
  vf e = expm1_negative(-2.0f * magnitude(x));
  vf y = -e / (e + 2.0f);
  return (vf)(bits(magnitude(y)) | (bits(x) & 0x80000000u));
}

INLINE vf sigmoid_of(vf x) {
  vf e = exp_of(-magnitude(x));
  return pick(x < 0.0f, e, splat(1)) / (e + 1.0f);
}

INLINE vf softplus_of(vf x) {
  return pick(x < 0.0f, splat(0), x) + log1p_unit(exp_of(-magnitude(x)));
}

#endif
