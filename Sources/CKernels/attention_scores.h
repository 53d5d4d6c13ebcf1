// From scores to probabilities, and from their gradients to those of scores.
#ifndef CK_ATTENTION_SCORES_H
#define CK_ATTENTION_SCORES_H

#include "attention_pack.h"

#define LOG2_E 1.44269504f

// 2ˣ for x ≤ 0; 0 where that is far below the normal range, NaN for NaN. For products of bf16 numbers to 3e-6.
INLINE vf probability(vf x) {
#ifdef ROUND_AND_SCALE
  vf whole = round_to_even(x), f = x - whole;
#else
  vf shifted = x + 12582912.0f;
  vf f = x - (shifted - 12582912.0f);
#endif
#if GROUP == 1
  vf p = (0.00132764668f * f + 0.00967554129f) * f + 0.0555071329f;
  p = ((p * f + 0.240221197f) * f + 0.693146967f) * f + 1.0f;
#else
  vf p = (0.00957009667f * f + 0.0559178599f) * f + 0.24024745f;
  p = (p * f + 0.693121815f) * f + 0.999999261f;
#endif
#ifdef ROUND_AND_SCALE
  return times_power_of_two(p, whole);
#else
  vi zero = x < -126.0f;
  vf power = (vf)(((vi)shifted << 23) + 0x3f800000);  // 2ⁿ: the integer sits in the low bits of `shifted`
  return (vf)((vi)(p * power) & ~zero);
#endif
}

INLINE vi lanes_below(size_t n) {
  vi lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return lane < (int32_t)n;
}

// The larger, without care for NaN: a NaN score shows up in its exponential.
INLINE vf top_of(vf a, vf b) { return where(a > b, a, b); }

// out[i] = the sum, or the largest, of the lanes of rows[i]: all sixteen together, by transposition.
INLINE vf across_rows(int largest, const vf rows[LANES]) {
  vu lanes[LANES];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < LANES; i++) lanes[i] = (vu)rows[i];
  transpose_vectors_uint32_t(lanes);
#pragma clang loop unroll(full)
  for (size_t half = LANES / 2; half > 0; half /= 2)
#pragma clang loop unroll(full)
    for (size_t i = 0; i < half; i++) {
      vf a = (vf)lanes[i], b = (vf)lanes[i + half];
      lanes[i] = (vu)(largest ? top_of(a, b) : a + b);
    }
  return (vf)lanes[0];
}

// The largest of n scores, lane by lane; the vector's lanes past them become −∞.
INLINE vf mask_and_top(float *scores, size_t n) {
  vf none = splat(-__builtin_inff()), a = none, b = none;
  size_t i = 0;
  for (; i + 2 * LANES <= n; i += 2 * LANES) {
    a = top_of(*(vf_loose *)(scores + i), a);
    b = top_of(*(vf_loose *)(scores + i + LANES), b);
  }
  for (; i < n; i += LANES) {
    vf v = *(vf_loose *)(scores + i);
    if (n - i < LANES) *(vf_loose *)(scores + i) = v = where(lanes_below(n - i), v, none);
    a = top_of(v, a);
  }
  return top_of(a, b);
}

// A row of operand A.
INLINE void store_row(word *row, size_t i, vf v) {
#if GROUP == 1
  *(vf_loose *)(row + i) = v;
#else
  store_halves((uint16_t *)row + i, v);
#endif
}

// Probabilities 2^(scale (score − top)) of n keys as a row of A. Returns their sum, lane by lane. The difference comes first: it is
// exact where it matters, however large the scores.
INLINE vf store_probabilities(const float *scores, size_t n, float scale, float top, word *row) {
  vf a = {};
  for (size_t i = 0; i < n; i += LANES) {
    vf p = probability((*(const vf_loose *)(scores + i) - top) * scale);
    store_row(row, i, p);
    a += p;
  }
  return a;
}

INLINE void clear_row(word *row, size_t from, size_t end) {
  for (size_t i = from; i < end; i += LANES) store_row(row, i, (vf){});
}

typedef struct {
  float shift, delta;  // the log (base 2) of the sum of exponentials; Σ g · o
  size_t seen;         // keys that this query looks at
} query_row;

// Sixteen keys of one query: its probability, and its score's gradient P (dP − delta).
INLINE void score_gradient(const float *scores, const float *dp, size_t i, float scale, query_row query, vf *p, vf *ds) {
  vf power = *(const vf_loose *)(scores + i) * scale - query.shift;
  *p = probability(where(power > 0.0f, splat(0), power));  // no probability is over 1, whatever was rounded
  if (query.seen < i + LANES) *p = (vf)((vi)*p & lanes_below(query.seen > i ? query.seen - i : 0));
  *ds = *p * (*(const vf_loose *)(dp + i) - query.delta);
  if (query.seen < i + LANES) *ds = (vf)((vi)*ds & lanes_below(query.seen > i ? query.seen - i : 0));
}

// One group of queries (one, or a pair): probabilities and gradients with the queries as depth; and, for pairs, the
// gradients as rows of A too. Zeros from `end` on, up to `padded`.
INLINE void store_gradients(const float *scores, const float *dp, size_t end, size_t padded, float scale,
                            const query_row query[GROUP], word *p_out, word *ds_out, word *ds_rows) {
  size_t i = 0;
  for (; i < end; i += LANES) {
    vf p[GROUP], ds[GROUP];
    for (size_t k = 0; k < GROUP; k++)
      score_gradient(scores + k * SCORE_STRIDE, dp + k * SCORE_STRIDE, i, scale, query[k], &p[k], &ds[k]);
#if GROUP == 1
    (void)ds_rows;
    *(vf_loose *)(p_out + i) = p[0];
    *(vf_loose *)(ds_out + i) = ds[0];
#else
    *(vu_loose *)(p_out + i) = pair(p[0], p[1]);
    *(vu_loose *)(ds_out + i) = pair(ds[0], ds[1]);
    store_row(ds_rows, i, ds[0]);
    store_row(ds_rows + ROW_STRIDE, i, ds[1]);
#endif
  }
  for (; i < padded; i += LANES) *(vu_loose *)(p_out + i) = *(vu_loose *)(ds_out + i) = (vu){};
}

#endif
