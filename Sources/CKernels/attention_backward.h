// Backward: blocks of queries meet blocks of keys; the sums for keys and values are kept in fp32 over all queries.
#ifndef CK_ATTENTION_BACKWARD_H
#define CK_ATTENTION_BACKWARD_H

#include "attention_forward.h"

typedef struct {
  word *q, *g;                     // rows of A
  word *q_depths, *g_depths;       // operands B with the queries as depth
  word *k, *v;                     // transposed: operands B with the width as depth
  word *k_depths;                  // B with the keys as depth
  word *few_keys, *few_values;     // the last few of them
  word *p, *ds, *ds_rows;          // of a block of queries and keys
  float *scores, *dp;              // of a band of queries and a block of keys
  float *dq, *dk, *dv;
  const char **lines;
  size_t used;
} backward_scratch;

INLINE backward_scratch backward_layout(const ck_attention_problem *problem, void *base) {
  arena from = {base, 0};
  size_t columns = whole(problem->width, LANES), keys = problem->keys;
  size_t transposed = depth_rows(problem->width) * wide_stride(keys);
  backward_scratch s;
  s.q = take(&from, BLOCK_ROWS * ROW_STRIDE, sizeof(word));
  s.g = take(&from, BLOCK_ROWS * ROW_STRIDE, sizeof(word));
  s.q_depths = take(&from, words_of(BLOCK_ROWS) * columns, sizeof(word));
  s.g_depths = take(&from, words_of(BLOCK_ROWS) * columns, sizeof(word));
  s.k = take(&from, transposed, sizeof(word));
  s.v = take(&from, transposed, sizeof(word));
  s.k_depths = take(&from, words_of(keys) * columns, sizeof(word));
  s.few_keys = take(&from, FEW * ROW_STRIDE, sizeof(word));
  s.few_values = take(&from, FEW * ROW_STRIDE, sizeof(word));
  s.p = take(&from, words_of(BLOCK_ROWS) * SCORE_STRIDE, sizeof(word));
  s.ds = take(&from, words_of(BLOCK_ROWS) * SCORE_STRIDE, sizeof(word));
  s.ds_rows = GROUP == 1 ? s.ds : take(&from, BLOCK_ROWS * ROW_STRIDE, sizeof(word));
  s.scores = take(&from, BAND_ROWS * SCORE_STRIDE, sizeof(float));
  s.dp = take(&from, BAND_ROWS * SCORE_STRIDE, sizeof(float));
  s.dq = take(&from, BLOCK_ROWS * columns, sizeof(float));
  s.dk = take(&from, keys * columns, sizeof(float));
  s.dv = take(&from, keys * columns, sizeof(float));
  s.lines = take(&from, MOST_LINES + MOST_STEPS, sizeof(char *));
  s.used = from.used;
  return s;
}

// Equal heights of whole groups.
INLINE size_t group_height(size_t rows, size_t most) { return whole(even_height(rows, most), GROUP); }

// The block of queries after the one at q0; in the end, the place for the gradients of keys and values, and the next
// head's first block.
static void expect_backward(const ck_attention_problem *problem, size_t head_pair, size_t q0, size_t rows,
                            size_t keys, upcoming *ahead) {
  const ck_tokens *of_queries[] = {&problem->dq, &problem->out, &problem->g, &problem->q};
  size_t queries = problem->queries, pair = head_pair, end_pair = problem->batch * problem->heads, first = q0 + rows;
  if (queries - q0 <= rows) {
    first = 0;
    if (++pair < end_pair) {
      expect(ahead, problem, &problem->v, pair, 0, problem->keys);
      expect(ahead, problem, &problem->k, pair, 0, problem->keys);
    }
  }
  size_t end = queries - first < rows ? queries : first + rows;
  for (size_t t = 0; t < 4 && pair < end_pair; t++) expect(ahead, problem, of_queries[t], pair, first, end);
  if (pair > head_pair) {
    expect(ahead, problem, &problem->dk, head_pair, 0, keys);
    expect(ahead, problem, &problem->dv, head_pair, 0, keys);
  }
}

static void backward_head(const ck_attention_problem *problem, size_t head_pair, upcoming *ahead, void *scratch) {
  ck_element element = problem->element;
  size_t width = problem->width, columns = whole(width, LANES), depth = words_of(width), queries = problem->queries;
  size_t keys = seen_keys(problem, head_pair / problem->heads);
  int causal = problem->causal;
  const void *q = head_of(problem, &problem->q, head_pair), *k = head_of(problem, &problem->k, head_pair);
  const void *v = head_of(problem, &problem->v, head_pair), *out = head_of(problem, &problem->out, head_pair);
  const void *g = head_of(problem, &problem->g, head_pair);
  void *dq = head_of(problem, &problem->dq, head_pair), *dk = head_of(problem, &problem->dk, head_pair);
  void *dv = head_of(problem, &problem->dv, head_pair);
  size_t q_token = (size_t)problem->q.token, g_token = (size_t)problem->g.token;
  size_t k_token = (size_t)problem->k.token, v_token = (size_t)problem->v.token;
  size_t dq_token = (size_t)problem->dq.token, dk_token = (size_t)problem->dk.token;
  size_t dv_token = (size_t)problem->dv.token, out_token = (size_t)problem->out.token;
  const float *log_sums = problem->log_sums + head_pair * queries;
  clear_rows(out_at(dk, element, keys * dk_token), element, dk_token, problem->keys - keys, width);
  clear_rows(out_at(dv, element, keys * dv_token), element, dv_token, problem->keys - keys, width);
  if (keys == 0) {
    clear_rows(dq, element, dq_token, queries, width);
    return;
  }

  backward_scratch s = backward_layout(problem, scratch);
  size_t k_stride = wide_stride(keys);
  size_t last_few = few_of(causal, keys);
  pack_transposed(k, element, k_token, keys - last_few, width, s.k, k_stride);
  pack_transposed(v, element, v_token, keys - last_few, width, s.v, k_stride);
  pack_few(k, element, k_token, last_few, keys, width, s.few_keys);
  pack_few(v, element, v_token, last_few, keys, width, s.few_values);
  depths k_depths = pack_depths(k, element, k_token, keys, width, s.k_depths, columns);
  int adds = causal || queries == 0;  // otherwise the first block of queries sets the sums
  if (adds) {
    memset(s.dk, 0, keys * columns * sizeof(float));
    memset(s.dv, 0, keys * columns * sizeof(float));
  }
  const float scale = problem->scale * LOG2_E, one = 1;
  size_t height = group_height(queries, BLOCK_ROWS);
  for (size_t q0 = 0; q0 < queries; q0 += height) {
    size_t rows = queries - q0 < height ? queries - q0 : height, groups = words_of(rows);
    expect_backward(problem, head_pair, q0, height, keys, ahead);
    const void *q_block = at(q, element, q0 * q_token), *g_block = at(g, element, q0 * g_token);
    pack_rows(q_block, element, q_token, rows, width, s.q, ROW_STRIDE);
    pack_rows(g_block, element, g_token, rows, width, s.g, ROW_STRIDE);
#if GROUP == 1
    depths q_depths = {s.q, ROW_STRIDE}, g_depths = {s.g, ROW_STRIDE};
#else
    depths q_depths = pack_depths(q_block, element, q_token, rows, width, s.q_depths, columns);
    depths g_depths = pack_depths(g_block, element, g_token, rows, width, s.g_depths, columns);
#endif
    query_sums sums;
    row_dots(g_block, g_token, at(out, element, q0 * out_token), out_token, element, rows, width, sums.delta);
    for (size_t i = 0; i < whole(rows, LANES); i++) sums.shift[i] = i < rows ? log_sums[q0 + i] * LOG2_E : 0;

    size_t band = group_height(rows, BAND_ROWS);
    for (size_t k0 = 0; k0 < keys; k0 += BLOCK_KEYS) {
      size_t block = looked_at(causal, q0 + rows - 1, k0, keys - k0 < BLOCK_KEYS ? keys - k0 : BLOCK_KEYS);
      if (block == 0) break;
      for (size_t r = 0; r < rows; r += band) {
        size_t count = rows - r < band ? rows - r : band, last = q0 + r + count - 1;
        size_t seen = looked_at(causal, last, k0, block), few = few_of(causal, seen), wide = seen - few;
        size_t end = whole(wide, LANES);
        // A tile of keys reads the probabilities of its first query for all its keys: zeros, up to a tile away.
        size_t padded = end + LANES < whole(block - few, LANES) ? end + LANES : whole(block - few, LANES);
        const word *q_rows = s.q + r * ROW_STRIDE, *g_rows = s.g + r * ROW_STRIDE;
        multiply(1, count, wide, depth, q_rows, 1, s.k + k0, k_stride, s.scores, SCORE_STRIDE, 0, ahead);
        multiply(1, count, wide, depth, g_rows, 1, s.v + k0, k_stride, s.dp, SCORE_STRIDE, 0, ahead);
        word *p = s.p + r / GROUP * SCORE_STRIDE, *ds = s.ds + r / GROUP * SCORE_STRIDE;
        word *ds_rows = s.ds_rows + r * ROW_STRIDE;
        for (size_t i = 0; i < count; i += GROUP) {
          size_t looks[GROUP], group = i / GROUP * SCORE_STRIDE;
          for (size_t m = 0; m < GROUP; m++) looks[m] = i + m < count ? looked_at(causal, q0 + r + i + m, k0, wide) : 0;
          store_gradients(s.scores + i * SCORE_STRIDE, s.dp + i * SCORE_STRIDE, looks, end, padded, scale,
                          sums.shift + r + i, sums.delta + r + i, p + group, ds + group, ds_rows + i * ROW_STRIDE);
        }
        if (few > 0) {
          vf scores[FEW], dp[FEW];
          multiply_few(few, count, depth, q_rows, s.few_keys, scores);
          multiply_few(few, count, depth, g_rows, s.few_values, dp);
          for (size_t i = 0; i < few; i++) {
            score_gradient(scores[i], dp[i], scale, *(const vf_loose *)(sums.shift + r),
                           *(const vf_loose *)(sums.delta + r), &scores[i], &dp[i]);
            scores[i] = (vf)((vi)scores[i] & lanes_below(count));
            dp[i] = (vf)((vi)dp[i] & lanes_below(count));
          }
          store_few_depths(few, count, scores, p + wide);
          store_few_depths(few, count, dp, ds + wide);
          if (GROUP > 1) store_few(few, count, dp, ds_rows + wide / GROUP);
        }
        depths block_k = deeper(k_depths, k0 / GROUP);
        multiply(1, count, width, words_of(seen), s.ds_rows + r * ROW_STRIDE, 1, block_k.words, block_k.stride,
                 s.dq + r * columns, columns, k0 > 0, ahead);
      }
      size_t tile = causal ? even_height(block, TILE_ROWS) : block;
      for (size_t j = 0; j < block; j += tile) {
        size_t count = block - j < tile ? block - j : tile;
        // The first query that looks at key k0 + j.
        size_t first = causal && k0 + j > q0 ? (k0 + j - q0) / GROUP : 0;
        multiply(0, count, width, groups - first, s.p + first * SCORE_STRIDE + j, SCORE_STRIDE,
                 deeper(g_depths, first).words, g_depths.stride, s.dv + (k0 + j) * columns, columns, adds || q0 > 0,
                 ahead);
        multiply(0, count, width, groups - first, s.ds + first * SCORE_STRIDE + j, SCORE_STRIDE,
                 deeper(q_depths, first).words, q_depths.stride, s.dk + (k0 + j) * columns, columns, adds || q0 > 0,
                 ahead);
      }
    }
    unpack_rows(s.dq, columns, &problem->scale, 0, out_at(dq, element, q0 * dq_token), element, dq_token, rows, width);
  }
  unpack_rows(s.dk, columns, &problem->scale, 0, dk, element, dk_token, keys, width);
  unpack_rows(s.dv, columns, &one, 0, dv, element, dv_token, keys, width);
}

static void backward(const ck_attention_problem *problem, size_t first, size_t end, void *scratch) {
  upcoming ahead = nothing_upcoming(backward_layout(problem, scratch).lines);
  for (size_t pair = first; pair < end; pair++) backward_head(problem, pair, &ahead, scratch);
}

static size_t scratch_bytes(const ck_attention_problem *problem, int wants_backward) {
  return wants_backward ? backward_layout(problem, NULL).used : forward_layout(problem, NULL).used;
}

const ck_attention CK_TABLE = {
    .level = CK_LEVEL, .scratch_bytes = scratch_bytes, .forward = forward, .backward = backward};

#endif
