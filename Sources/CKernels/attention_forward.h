// Forward: for each band of queries, all keys, a block at a time.
#ifndef CK_ATTENTION_FORWARD_H
#define CK_ATTENTION_FORWARD_H

#include "attention_scores.h"

// Pieces of scratch memory one after the other, each on a cache line. With base NULL this only counts.
typedef struct {
  char *base;
  size_t used;
} arena;

INLINE void *take(arena *from, size_t count, size_t size) {
  void *piece = from->base ? from->base + from->used : NULL;
  from->used += whole(count * size, 64);
  return piece;
}

INLINE size_t seen_keys(const ck_attention_problem *problem, size_t sample) {
  if (!problem->lengths) return problem->keys;
  int32_t length = problem->lengths[sample];
  return length < 0 ? 0 : (size_t)length < problem->keys ? (size_t)length : problem->keys;
}

INLINE void *head_of(const ck_attention_problem *problem, const ck_tokens *tokens, size_t pair) {
  ptrdiff_t sample = (ptrdiff_t)(pair / problem->heads), head = (ptrdiff_t)(pair % problem->heads);
  return (char *)tokens->data + (sample * tokens->batch + head * tokens->head) * (ptrdiff_t)size_of(problem->element);
}

// Asks for a share of the next head's tokens (and of the place for its results), while this one is computed: `done` to `end` of `all` parts. Rows of a head
// are short and lie far apart, which the hardware's own prefetching does not see through.
INLINE void prefetch_share(const ck_attention_problem *problem, const ck_tokens *tokens, size_t count, size_t head_pair,
                           size_t done, size_t end, size_t all) {
  size_t size = size_of(problem->element), bytes = problem->width * size;
  const char *start = head_of(problem, tokens, head_pair);
  for (size_t i = count * done / all; i < count * end / all; i++)
    for (size_t b = 0; b < bytes; b += 64) __builtin_prefetch(start + i * (size_t)tokens->token * size + b, 0, 2);
}

// Of keys k0 ..< k0 + keys, how many the queries up to `last` look at.
INLINE size_t looked_at(int causal, size_t last, size_t k0, size_t keys) {
  if (!causal) return keys;
  if (last < k0) return 0;
  return last + 1 - k0 < keys ? last + 1 - k0 : keys;
}

typedef struct {
  word *q, *k, *v, *p;
  float *scores, *sums;
  size_t used;
} forward_scratch;

INLINE forward_scratch forward_layout(const ck_attention_problem *problem, void *base) {
  arena from = {base, 0};
  size_t columns = whole(problem->width, LANES);
  forward_scratch s;
  s.q = take(&from, BAND_ROWS * ROW_STRIDE, sizeof(word));
  s.k = take(&from, depth_rows(problem->width) * wide_stride(problem->keys), sizeof(word));
  s.v = take(&from, words_of(problem->keys) * columns, sizeof(word));
  s.p = take(&from, BAND_ROWS * ROW_STRIDE, sizeof(word));
  s.scores = take(&from, BAND_ROWS * SCORE_STRIDE, sizeof(float));
  s.sums = take(&from, BAND_ROWS * columns, sizeof(float));
  s.used = from.used;
  return s;
}

static void forward_head(const ck_attention_problem *problem, size_t head_pair, size_t end_pair, void *scratch) {
  ck_element element = problem->element;
  size_t width = problem->width, columns = whole(width, LANES), depth = words_of(width);
  size_t keys = seen_keys(problem, head_pair / problem->heads);
  const void *q = head_of(problem, &problem->q, head_pair);
  void *out = head_of(problem, &problem->out, head_pair);
  float *log_sums = problem->log_sums + head_pair * problem->queries;
  size_t q_token = (size_t)problem->q.token, out_token = (size_t)problem->out.token;
  if (keys == 0) {
    clear_rows(out, element, out_token, problem->queries, width);
    for (size_t i = 0; i < problem->queries; i++) log_sums[i] = -__builtin_inff();
    return;
  }

  forward_scratch s = forward_layout(problem, scratch);
  size_t k_stride = wide_stride(keys);
  pack_transposed(head_of(problem, &problem->k, head_pair), element, (size_t)problem->k.token, keys, width, s.k,
                  k_stride);
  pack_depths(head_of(problem, &problem->v, head_pair), element, (size_t)problem->v.token, keys, width, s.v, columns);
  float scale = problem->scale * LOG2_E;

  size_t band = even_height(problem->queries, BAND_ROWS);
  for (size_t q0 = 0; q0 < problem->queries; q0 += band) {
    size_t rows = problem->queries - q0 < band ? problem->queries - q0 : band;
    if (head_pair + 1 < end_pair) {
      const ck_tokens *next[] = {&problem->k, &problem->v, &problem->q, &problem->out};
      for (size_t t = 0; t < 4; t++)
        prefetch_share(problem, next[t], t < 2 ? problem->keys : problem->queries, head_pair + 1, q0, q0 + rows,
                       problem->queries);
    }
    pack_rows(at(q, element, q0 * q_token), element, q_token, rows, width, s.q, ROW_STRIDE);
    vf top = splat(-__builtin_inff()), total = {};  // of each query's exponentials so far
    for (size_t k0 = 0; k0 < keys; k0 += BLOCK_KEYS) {
      size_t block = keys - k0 < BLOCK_KEYS ? keys - k0 : BLOCK_KEYS;
      size_t seen = looked_at(problem->causal, q0 + rows - 1, k0, block);
      if (seen == 0) break;
      multiply(1, rows, seen, depth, s.q, 1, s.k + k0, k_stride, s.scores, SCORE_STRIDE, 0);
      vf tops[LANES] = {}, totals[LANES] = {};
      for (size_t i = 0; i < rows; i++)
        tops[i] = mask_and_top(s.scores + i * SCORE_STRIDE, looked_at(problem->causal, q0 + i, k0, block));
      vf most = top_of(top, across_rows(1, tops));
      for (size_t i = 0; i < rows; i++) {
        size_t n = looked_at(problem->causal, q0 + i, k0, block);
        word *p = s.p + i * ROW_STRIDE;
        totals[i] = store_probabilities(s.scores + i * SCORE_STRIDE, n, scale, most[i], p);
        clear_row(p, whole(n, LANES), whole(seen, LANES));
      }
      if (k0 == 0) {
        total = across_rows(0, totals);
      } else {
        vf fade = probability((top - most) * scale);
        total = total * fade + across_rows(0, totals);
        for (size_t i = 0; i < rows; i++)
          for (size_t j = 0; j < columns; j += LANES) *(vf_loose *)(s.sums + i * columns + j) *= fade[i];
      }
      top = most;
      multiply(1, rows, width, words_of(seen), s.p, 1, s.v + k0 / GROUP * columns, columns, s.sums, columns, k0 > 0);
    }
    store(log_sums + q0, CK_F32, 0, rows, top * problem->scale + log_of(total), 0);
    vf inverse = 1.0f / total;
    for (size_t i = 0; i < rows; i++)
      unpack_rows(s.sums + i * columns, columns, inverse[i], out_at(out, element, (q0 + i) * out_token), element,
                  out_token, 1, width);
  }
}

static void forward(const ck_attention_problem *problem, size_t first, size_t end, void *scratch) {
  for (size_t pair = first; pair < end; pair++) forward_head(problem, pair, end, scratch);
}

#endif
