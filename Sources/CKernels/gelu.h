// GELU, and its form with tanh, from tables of polynomials: gelu_tables.h, whose maker explains them. Part of
// activation.h.

#include "gelu_tables.h"

/// Each lane's number of a table: the one at its index, of which the low bits count.
INLINE vf look_up(const float row[GELU_INTERVALS], vi index) {
#if MASKS
  return (vf)_mm512_permutexvar_ps((__m512i)index, *(const __m512 *)row);
#elif AVX2
  __m256 four = _mm256_broadcast_ps((const __m128 *)row);
  vf x = (vf)index;
  EACH_EIGHT(x, _mm256_permutevar_ps(four, (__m256i)part[i]));
#else
  vf x;
  for (size_t i = 0; i < sizeof x / sizeof(float); i++) x[i] = row[index[i] & (GELU_INTERVALS - 1)];
  return x;
#endif
}

/// The polynomial of the interval that each lane lies in, for 0 ≤ size ≤ gelu_end.
INLINE vf piecewise(int count, const float rows[][GELU_INTERVALS], vf size) {
  const float shift = 12582912;  // 1.5 · 2²³: adding it rounds to an integer, which then sits in the low bits
  vf shifted = size * (1 / GELU_WIDTH) + shift;
  vf u = size * (1 / GELU_WIDTH) - (shifted - shift);
  vf y = look_up(rows[count - 1], (vi)shifted);
#pragma clang loop unroll(full)
  for (int i = count - 2; i >= 0; i--) y = y * u + look_up(rows[i], (vi)shifted);
  return y;
}
#define PIECEWISE(rows, size) piecewise(sizeof rows / sizeof *rows, rows, size)

/// The tables end here, where t and d are 0.
static const float gelu_end = (GELU_INTERVALS - 0.501f) * GELU_WIDTH;

INLINE vf gelu(bool coarse, bool with_tanh, vf x) {
  vf size = magnitude_up_to(x, gelu_end), gate;
  if (with_tanh) gate = coarse ? PIECEWISE(gelu_tanh_coarse_gate, size) : PIECEWISE(gelu_tanh_gate, size);
  else gate = coarse ? PIECEWISE(gelu_erf_coarse_gate, size) : PIECEWISE(gelu_erf_gate, size);
  return at_least(x, 0) - size * gate;
}

INLINE vf gelu_slope(bool coarse, bool with_tanh, vf x) {
  vf size = magnitude_up_to(x, gelu_end), slope;
  if (with_tanh) slope = coarse ? PIECEWISE(gelu_tanh_coarse_slope, size) : PIECEWISE(gelu_tanh_slope, size);
  else slope = coarse ? PIECEWISE(gelu_erf_coarse_slope, size) : PIECEWISE(gelu_erf_slope, size);
  return pick((vi)x < 0, slope, 1.0f - slope);
}
