// The softmax of a causal band: sixteen queries, of which each sees one key more than the one before it. All rows go
// through the keys together, so that no loop depends on a row: lengths that differ from row to row cost the processor a
// wrong guess for each of them.
#ifndef CK_ATTENTION_CAUSAL_H
#define CK_ATTENTION_CAUSAL_H

#include "attention_scores.h"

// The largest score of each row, of which the first sees `first_seen` keys. What a row does not see becomes −∞.
INLINE vf mask_and_tops(float *scores, size_t first_seen, size_t keys) {
  vf none = splat(-__builtin_inff()), tops[LANES];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < LANES; i++) tops[i] = none;
  size_t common = (first_seen < keys ? first_seen : keys) / LANES * LANES;
  for (size_t k = 0; k < common; k += LANES)
#pragma clang loop unroll(full)
    for (size_t i = 0; i < LANES; i++) tops[i] = top_of(*(const vf_loose *)(scores + i * SCORE_STRIDE + k), tops[i]);
  for (size_t k = common; k < keys; k += LANES)
#pragma clang loop unroll(full)
    for (size_t i = 0; i < LANES; i++) {
      size_t seen = first_seen + i < keys ? first_seen + i : keys;
      vf_loose *at = (vf_loose *)(scores + i * SCORE_STRIDE + k);
      *at = pick(lanes_below(seen > k ? seen - k : 0), *at, none);
      tops[i] = top_of(*at, tops[i]);
    }
  return across_rows(1, tops);
}

// Probabilities as rows of A, like those of store_probabilities. Returns each row's sum.
INLINE vf store_band(const float *scores, size_t keys, float scale, vf tops, word *rows) {
  float top[LANES];
  *(vf_loose *)top = tops;
  vf sums[LANES];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < LANES; i++) sums[i] = (vf){};
  size_t k = 0;
  for (; k + LANES < keys; k += 2 * LANES)
#pragma clang loop unroll(full)
    for (size_t i = 0; i < LANES; i++) {
      const float *from = scores + i * SCORE_STRIDE + k;
      vf p = probability((*(const vf_loose *)from - top[i]) * scale);
      vf q = probability((*(const vf_loose *)(from + LANES) - top[i]) * scale);
      store_row_twice(rows + i * ROW_STRIDE, k, p, q);
      sums[i] += p + q;
    }
  if (k < keys)
#pragma clang loop unroll(full)
    for (size_t i = 0; i < LANES; i++) {
      vf p = probability((*(const vf_loose *)(scores + i * SCORE_STRIDE + k) - top[i]) * scale);
      store_row(rows + i * ROW_STRIDE, k, p);
      sums[i] += p;
    }
  return across_rows(0, sums);
}

#endif
