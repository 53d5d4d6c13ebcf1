// Backward: blocks of queries meet blocks of keys; the sums for keys and values are kept in fp32 over all queries.
#ifndef CK_ATTENTION_BACKWARD_H
#define CK_ATTENTION_BACKWARD_H

#include "attention_forward.h"

typedef struct {
  word *q, *g;                     // rows of A
  word *q_depths, *g_depths;       // operands B with the queries as depth
  word *k, *v;                     // transposed: operands B with the width as depth
  word *k_depths;                  // B with the keys as depth
  word *p, *ds, *ds_rows;          // of a block of queries and keys
  float *scores, *dp;              // of a band of queries and a block of keys
  float *dq, *dk, *dv;
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
  s.p = take(&from, words_of(BLOCK_ROWS) * SCORE_STRIDE, sizeof(word));
  s.ds = take(&from, words_of(BLOCK_ROWS) * SCORE_STRIDE, sizeof(word));
  s.ds_rows = GROUP == 1 ? s.ds : take(&from, BLOCK_ROWS * ROW_STRIDE, sizeof(word));
  s.scores = take(&from, BAND_ROWS * SCORE_STRIDE, sizeof(float));
  s.dp = take(&from, BAND_ROWS * SCORE_STRIDE, sizeof(float));
  s.dq = take(&from, BLOCK_ROWS * columns, sizeof(float));
  s.dk = take(&from, keys * columns, sizeof(float));
  s.dv = take(&from, keys * columns, sizeof(float));
  s.used = from.used;
  return s;
}

// Equal heights of whole groups.
INLINE size_t group_height(size_t rows, size_t most) { return whole(even_height(rows, most), GROUP); }

static void backward_head(const ck_attention_problem *problem, size_t head_pair, size_t end_pair, void *scratch) {
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
  pack_transposed(k, element, k_token, keys, width, s.k, k_stride);
  pack_transposed(v, element, v_token, keys, width, s.v, k_stride);
  pack_depths(k, element, k_token, keys, width, s.k_depths, columns);
  memset(s.dk, 0, keys * columns * sizeof(float));
  memset(s.dv, 0, keys * columns * sizeof(float));
  float scale = problem->scale * LOG2_E;

  size_t height = group_height(queries, BLOCK_ROWS);
  for (size_t q0 = 0; q0 < queries; q0 += height) {
    size_t rows = queries - q0 < height ? queries - q0 : height, groups = words_of(rows);
    if (head_pair + 1 < end_pair) {
      const ck_tokens *next[] = {&problem->k,  &problem->v, &problem->dk,  &problem->dv,
                                 &problem->q, &problem->g, &problem->out, &problem->dq};
      for (size_t t = 0; t < 8; t++)
        prefetch_share(problem, next[t], t < 4 ? problem->keys : queries, head_pair + 1, q0, q0 + rows, queries);
    }
    const void *q_block = at(q, element, q0 * q_token), *g_block = at(g, element, q0 * g_token);
    pack_rows(q_block, element, q_token, rows, width, s.q, ROW_STRIDE);
    pack_rows(g_block, element, g_token, rows, width, s.g, ROW_STRIDE);
    pack_depths(q_block, element, q_token, rows, width, s.q_depths, columns);
    pack_depths(g_block, element, g_token, rows, width, s.g_depths, columns);
    query_row query[BLOCK_ROWS] = {0};
    for (size_t i = 0; i < rows; i++) {
      vf dot = {};
      for (size_t j = 0; j < width; j += LANES)
        dot += load(at(g_block, element, i * g_token), element, j, width) *
               load(at(out, element, (q0 + i) * out_token), element, j, width);
      query[i].delta = sum_lanes(dot);
      query[i].shift = log_sums[q0 + i] * LOG2_E;
    }

    size_t band = group_height(rows, BAND_ROWS);
    for (size_t k0 = 0; k0 < keys; k0 += BLOCK_KEYS) {
      size_t block = looked_at(causal, q0 + rows - 1, k0, keys - k0 < BLOCK_KEYS ? keys - k0 : BLOCK_KEYS);
      if (block == 0) break;
      for (size_t r = 0; r < rows; r += band) {
        size_t count = rows - r < band ? rows - r : band, last = q0 + r + count - 1;
        size_t seen = looked_at(causal, last, k0, block), end = whole(seen, LANES);
        // A tile of keys reads the probabilities of its first query for all its keys: zeros, up to a tile away.
        size_t padded = end + LANES < whole(block, LANES) ? end + LANES : whole(block, LANES);
        multiply(1, count, seen, depth, s.q + r * ROW_STRIDE, 1, s.k + k0, k_stride, s.scores, SCORE_STRIDE, 0);
        multiply(1, count, seen, depth, s.g + r * ROW_STRIDE, 1, s.v + k0, k_stride, s.dp, SCORE_STRIDE, 0);
        for (size_t i = 0; i < count; i += GROUP) {
          for (size_t m = i; m < i + GROUP; m++)
            query[r + m].seen = m < count ? looked_at(causal, q0 + r + m, k0, block) : 0;
          store_gradients(s.scores + i * SCORE_STRIDE, s.dp + i * SCORE_STRIDE, end, padded, scale, query + r + i,
                          s.p + (r + i) / GROUP * SCORE_STRIDE, s.ds + (r + i) / GROUP * SCORE_STRIDE,
                          s.ds_rows + (r + i) * ROW_STRIDE);
        }
        multiply(1, count, width, words_of(seen), s.ds_rows + r * ROW_STRIDE, 1, s.k_depths + k0 / GROUP * columns,
                 columns, s.dq + r * columns, columns, k0 > 0);
      }
      size_t tile = causal ? even_height(block, TILE_ROWS) : block;
      for (size_t j = 0; j < block; j += tile) {
        size_t count = block - j < tile ? block - j : tile;
        // The first query that looks at key k0 + j.
        size_t first = causal && k0 + j > q0 ? (k0 + j - q0) / GROUP : 0;
        multiply(0, count, width, groups - first, s.p + first * SCORE_STRIDE + j, SCORE_STRIDE,
                 s.g_depths + first * columns, columns, s.dv + (k0 + j) * columns, columns, 1);
        multiply(0, count, width, groups - first, s.ds + first * SCORE_STRIDE + j, SCORE_STRIDE,
                 s.q_depths + first * columns, columns, s.dk + (k0 + j) * columns, columns, 1);
      }
    }
    unpack_rows(s.dq, columns, problem->scale, out_at(dq, element, q0 * dq_token), element, dq_token, rows, width);
  }
  unpack_rows(s.dk, columns, problem->scale, dk, element, dk_token, keys, width);
  unpack_rows(s.dv, columns, 1, dv, element, dv_token, keys, width);
}

static void backward(const ck_attention_problem *problem, size_t first, size_t end, void *scratch) {
  for (size_t pair = first; pair < end; pair++) backward_head(problem, pair, end, scratch);
}

static size_t scratch_bytes(const ck_attention_problem *problem, int wants_backward) {
  return wants_backward ? backward_layout(problem, NULL).used : forward_layout(problem, NULL).used;
}

const ck_attention CK_TABLE = {
    .level = CK_LEVEL, .scratch_bytes = scratch_bytes, .forward = forward, .backward = backward};

#endif
