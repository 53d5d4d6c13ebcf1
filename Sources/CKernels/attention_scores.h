// From scores to probabilities, and from their gradients to those of scores.
#ifndef CK_ATTENTION_SCORES_H
#define CK_ATTENTION_SCORES_H

#include "attention_pack.h"
#include "elementwise_fold.h"

#define LOG2_E 1.44269504f

// 2ˣ for x ≤ 0, or little above; 0 where that is far below the normal range, NaN for NaN. For products of bf16 numbers
// to 9e-5.
INLINE vf probability(vf x) {
#ifdef FRACTION_AND_SCALE
  vf f = fraction(x);
#if GROUP == 1
  vf p = (0.00186713005f * f + 0.00901703071f) * f + 0.0557999127f;
  p = ((p * f + 0.240164444f) * f + 0.693151295f) * f + 1.0f;
#else
  vf p = ((0.0770670399f * f + 0.227644995f) * f + 0.695116758f) * f + 1.0f;
#endif
  return times_power_of_two(p, x);
#else
  // x + 127 rounded to an integer sits in the low bits: the exponent of 2^⌊x⌉, which for −127 makes it 0.
  const float bias = 12582912.0f + 127;
  x = pick(x < -127.0f, splat(-127.0f), x);
  vf shifted = x + bias;
  vf f = x - (shifted - bias);
  vf p = (0.00132764713f * f + 0.00967554096f) * f + 0.0555071309f;
  p = ((p * f + 0.240221202f) * f + 0.693146944f) * f + 1.0f;
  return p * (vf)((vi)shifted << 23);
#endif
}

INLINE vi lanes_below(size_t n) {
  vi lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return lane < (int32_t)n;
}

// NaN stays NaN.
#ifndef AT_MOST_ZERO
INLINE vf at_most_zero(vf x) { return pick(x > 0.0f, splat(0), x); }
#endif

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
    if (n - i < LANES) *(vf_loose *)(scores + i) = v = pick(lanes_below(n - i), v, none);
    a = top_of(v, a);
  }
  return top_of(a, b);
}

// A row of operand A.
INLINE void store_row(word *row, size_t i, vf v) {
#if GROUP == 1
  *(vf_loose *)(row + i) = v;
#else
  store_rounded((uint16_t *)row + i, v);
#endif
}

// Two neighbouring vectors of it.
INLINE void store_row_twice(word *row, size_t i, vf first, vf second) {
#if GROUP == 1
  store_row(row, i, first);
  store_row(row, i + LANES, second);
#else
  *(vu_loose *)((uint16_t *)row + i) = halves_of(first, second);
#endif
}

// Probabilities 2^(scale (score − top)) of n keys as a row of A. Returns their sum, lane by lane. The difference comes
// first: it is exact where it matters, however large the scores.
INLINE vf store_probabilities(const float *scores, size_t n, float scale, float top, word *row) {
  vf a = {}, b = {};
  size_t i = 0;
#if MASKS  // elsewhere there are too few registers for the constants beside two vectors
  for (; i + LANES < n; i += 2 * LANES) {
    vf p = probability((*(const vf_loose *)(scores + i) - top) * scale);
    vf q = probability((*(const vf_loose *)(scores + i + LANES) - top) * scale);
    store_row_twice(row, i, p, q);
    a += p;
    b += q;
  }
#endif
#pragma clang loop unroll(disable)
  for (; i < n; i += LANES) {
    vf p = probability((*(const vf_loose *)(scores + i) - top) * scale);
    store_row(row, i, p);
    a += p;
  }
  return a + b;
}

// A few keys beyond whole vectors of them, the last ones of a head. A tile would compute sixteen columns for them; they
// are multiplied row by row instead, and what is kept of each is a column: a lane for each query of a band.
enum { FEW = 3 };

INLINE size_t few_of(int causal, size_t keys) {
  size_t few = keys % LANES;
  return !causal && few <= FEW ? few : 0;
}

// The last `few` of a head's keys, or values, as rows like those of A.
INLINE void pack_few(const void *x, ck_element element, size_t token, size_t few, size_t keys, size_t width, word *to) {
  if (few > 0) pack_rows(at(x, element, (keys - few) * token), element, token, few, width, to, ROW_STRIDE);
}

// column[k] = the products of rows of A with row k.
INLINE void multiply_few(size_t few, size_t rows, size_t depth, const word *a, const word *few_rows, vf column[FEW]) {
  for (size_t k = 0; k < few; k++) {
    vf sums[LANES] = {};
    for (size_t i = 0; i < rows; i++)
      for (size_t p = 0; p < depth; p += LANES)
        sums[i] = MULTIPLY_ADD_VECTORS(sums[i], load_words(a + i * ROW_STRIDE + p),
                                       load_words(few_rows + k * ROW_STRIDE + p));
    column[k] = across_rows(0, sums);
  }
}

// Columns as the last numbers of rows of A, each padded to a whole word.
INLINE void store_few(size_t few, size_t rows, const vf column[FEW], word *to) {
  for (size_t k = 0; k < few; k += GROUP) {
#if GROUP == 1
    vf words = column[k];
#else
    vu words = pair(column[k], k + 1 < few ? column[k + 1] : (vf){});
#endif
    for (size_t i = 0; i < rows; i++) to[i * ROW_STRIDE + k / GROUP] = words[i];
  }
}

// Columns with the queries as depth.
INLINE void store_few_depths(size_t few, size_t rows, const vf column[FEW], word *to) {
  for (size_t k = 0; k < few; k++) {
#if GROUP == 1
    vf words = column[k];
#else
    vu words = halves_of(column[k], (vf){});
#endif
    for (size_t i = 0; i < (rows + GROUP - 1) / GROUP; i++) to[i * SCORE_STRIDE + k] = words[i];
  }
}

typedef struct {
  float shift[BLOCK_ROWS + LANES];  // the logs (base 2) of the sums of exponentials
  float delta[BLOCK_ROWS + LANES];  // Σ g · o
} query_sums;

// Probabilities from scores, and the scores' gradients P (dP − delta).
INLINE void score_gradient(vf scores, vf dp, float scale, vf shift, vf delta, vf *p, vf *ds) {
  *p = probability(at_most_zero(scores * scale - shift));  // no probability is over 1, whatever was rounded
  *ds = *p * (dp - delta);
}

// One group of queries (one, or a pair) and sixteen keys: probabilities and gradients with the queries as depth; and,
// for pairs, the gradients as rows of A too.
INLINE void store_gradient(int is_seen, const float *scores, const float *dp, size_t i, float scale,
                           const float *shift, const float *delta, const size_t seen[GROUP], word *p_out, word *ds_out,
                           word *ds_rows) {
  vf p[GROUP], ds[GROUP];
#pragma clang loop unroll(full)
  for (size_t k = 0; k < GROUP; k++) {
    size_t at = k * SCORE_STRIDE + i;
    score_gradient(*(const vf_loose *)(scores + at), *(const vf_loose *)(dp + at), scale, splat(shift[k]),
                   splat(delta[k]), &p[k], &ds[k]);
    if (!is_seen) {
      vi mask = lanes_below(seen[k] > i ? seen[k] - i : 0);
      p[k] = (vf)((vi)p[k] & mask);
      ds[k] = (vf)((vi)ds[k] & mask);
    }
  }
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

// A group of queries and all keys up to `end`, of which each looks at the first `seen`; zeros from `end` on, up to
// `padded`.
INLINE void store_gradients(const float *scores, const float *dp, const size_t seen[GROUP], size_t end, size_t padded,
                            float scale, const float *shift, const float *delta, word *p_out, word *ds_out,
                            word *ds_rows) {
  size_t common = seen[0] < seen[GROUP - 1] ? seen[0] : seen[GROUP - 1], i = 0;
  for (; i + LANES <= common; i += LANES)
    store_gradient(1, scores, dp, i, scale, shift, delta, seen, p_out, ds_out, ds_rows);
  for (; i < end; i += LANES)
    store_gradient(0, scores, dp, i, scale, shift, delta, seen, p_out, ds_out, ds_rows);
  for (; i < padded; i += LANES) *(vu_loose *)(p_out + i) = *(vu_loose *)(ds_out + i) = (vu){};
}

INLINE void row_dots_of(ck_element element, int is_whole, const void *g, size_t g_token, const void *out,
                        size_t out_token, size_t rows, size_t width, float *dots) {
  for (size_t i = 0; i < rows; i += LANES) {
    vf sums[LANES] = {};
    for (size_t k = 0; k < LANES && i + k < rows; k++) {
      const void *a = at(g, element, (i + k) * g_token), *b = at(out, element, (i + k) * out_token);
      for (size_t j = 0; j < width; j += LANES) {
        size_t end = is_whole ? j + LANES : width;
        sums[k] += load(a, element, j, end) * load(b, element, j, end);
      }
    }
    *(vf_loose *)(dots + i) = across_rows(0, sums);
  }
}

// dots[i] = Σ g · out of row i, for rows up to a whole vector.
static void row_dots(const void *g, size_t g_token, const void *out, size_t out_token, ck_element element, size_t rows,
                     size_t width, float *dots) {
  FOR_TOKENS(element, width, row_dots_of, g, g_token, out, out_token, rows, width, dots);
}

#endif
