// Forward: for each band of queries, all keys, a block at a time.
#ifndef CK_ATTENTION_FORWARD_H
#define CK_ATTENTION_FORWARD_H

#include "attention_causal.h"

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

// Asks for tokens `first` to `end` of a head. Rows of a head are short and lie far apart, which the hardware's own
// prefetching does not see through.
INLINE void expect(upcoming *ahead, const ck_attention_problem *problem, const ck_tokens *tokens, size_t head_pair,
                   size_t first, size_t end) {
  size_t size = size_of(problem->element), bytes = problem->width * size, stride = (size_t)tokens->token * size;
  const char *start = (const char *)head_of(problem, tokens, head_pair) + first * stride;
  size_t count = end - first;
  for (size_t b = 0; b < bytes && (size_t)(ahead->next - ahead->room) >= count; b += 64) {
    ahead->next -= count;
    for (size_t i = 0; i < count; i++) ahead->next[i] = start + b + i * stride;
  }
}

// Of keys k0 ..< k0 + keys, how many the queries up to `last` look at.
INLINE size_t looked_at(int causal, size_t last, size_t k0, size_t keys) {
  if (!causal) return keys;
  if (last < k0) return 0;
  return last + 1 - k0 < keys ? last + 1 - k0 : keys;
}

typedef struct {
  word *q, *k, *v, *p;
  word *few;  // the last few keys
  float *scores, *sums;
  const char **lines;
  size_t used;
} forward_scratch;

INLINE forward_scratch forward_layout(const ck_attention_problem *problem, void *base) {
  arena from = {base, 0};
  size_t columns = whole(problem->width, LANES);
  forward_scratch s;
  s.q = take(&from, LANES * ROW_STRIDE, sizeof(word));
  s.k = take(&from, depth_rows(problem->width) * wide_stride(problem->keys), sizeof(word));
  s.v = take(&from, words_of(problem->keys) * columns, sizeof(word));
  s.p = take(&from, LANES * ROW_STRIDE, sizeof(word));
  s.few = take(&from, FEW * ROW_STRIDE, sizeof(word));
  s.scores = take(&from, LANES * SCORE_STRIDE, sizeof(float));
  s.sums = take(&from, LANES * columns, sizeof(float));
  s.lines = take(&from, MOST_LINES + MOST_STEPS, sizeof(char *));
  s.used = from.used;
  return s;
}

// The band of queries after the one at q0, a share of the next head's keys and values, and in the end its first
// queries. The head after the last of a call is one that the thread will most likely be asked for next.
static void expect_forward(const ck_attention_problem *problem, size_t head_pair, size_t q0, size_t rows,
                           upcoming *ahead) {
  size_t queries = problem->queries, keys = problem->keys, end_pair = problem->batch * problem->heads;
  size_t after = queries - q0 < rows ? queries : q0 + rows, end = queries - after < rows ? queries : after + rows;
  if (head_pair + 1 < end_pair) {
    size_t done = keys * q0 / queries, until = keys * after / queries;
    expect(ahead, problem, &problem->v, head_pair + 1, done, until);
    expect(ahead, problem, &problem->k, head_pair + 1, done, until);
  }
  size_t pair = head_pair;
  if (after == queries && ++pair < end_pair) {
    after = 0;
    end = queries < rows ? queries : rows;
  }
  if (pair == end_pair) return;
  expect(ahead, problem, &problem->out, pair, after, end);
  expect(ahead, problem, &problem->q, pair, after, end);
}

static void forward_head(const ck_attention_problem *problem, size_t head_pair, upcoming *ahead, void *scratch) {
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
  const void *k = head_of(problem, &problem->k, head_pair);
  size_t k_token = (size_t)problem->k.token;
  size_t last_few = few_of(problem->causal, keys);
  pack_transposed(k, element, k_token, keys - last_few, width, s.k, k_stride);
  pack_few(k, element, k_token, last_few, keys, width, s.few);
  depths v = pack_depths(head_of(problem, &problem->v, head_pair), element, (size_t)problem->v.token, keys, width, s.v,
                         columns);
  float scale = problem->scale * LOG2_E;
  // The diagonal crosses one vector of keys of a causal band.
  size_t band = problem->causal ? LANES : even_height(problem->queries, BAND_ROWS);
  for (size_t q0 = 0; q0 < problem->queries; q0 += band) {
    size_t rows = problem->queries - q0 < band ? problem->queries - q0 : band;
    expect_forward(problem, head_pair, q0, band, ahead);
    pack_rows(at(q, element, q0 * q_token), element, q_token, rows, width, s.q, ROW_STRIDE);
    // The rows of a tile look at about as many keys.
    size_t tile = problem->causal ? even_height(rows, TILE_ROWS) : rows;
    vf top = splat(-__builtin_inff()), total = {};  // of each query's exponentials so far
    for (size_t k0 = 0; k0 < keys; k0 += BLOCK_KEYS) {
      size_t block = keys - k0 < BLOCK_KEYS ? keys - k0 : BLOCK_KEYS;
      size_t seen = looked_at(problem->causal, q0 + rows - 1, k0, block);
      if (seen == 0) break;
      size_t few = few_of(problem->causal, seen), wide = seen - few;
      for (size_t r = 0; r < rows; r += tile) {
        size_t count = rows - r < tile ? rows - r : tile;
        multiply(1, count, looked_at(problem->causal, q0 + r + count - 1, k0, wide), depth, s.q + r * ROW_STRIDE, 1,
                 s.k + k0, k_stride, s.scores + r * SCORE_STRIDE, SCORE_STRIDE, 0, ahead);
      }
      vf column[FEW], most, sum;
      multiply_few(few, rows, depth, s.q, s.few, column);
      if (problem->causal) {
        most = top_of(top, mask_and_tops(s.scores, q0 + 1 - k0, wide));
        sum = store_band(s.scores, wide, scale, most, s.p);
      } else {
        vf tops[LANES] = {}, totals[LANES] = {};
        for (size_t i = 0; i < rows; i++) tops[i] = mask_and_top(s.scores + i * SCORE_STRIDE, wide);
        most = top_of(top, across_rows(1, tops));
        for (size_t i = 0; i < few; i++) most = top_of(most, column[i]);
        for (size_t i = 0; i < rows; i++)
          totals[i] = store_probabilities(s.scores + i * SCORE_STRIDE, wide, scale, most[i], s.p + i * ROW_STRIDE);
        sum = across_rows(0, totals);
      }
      for (size_t i = 0; i < few; i++) {
        column[i] = probability((column[i] - most) * scale);
        sum += column[i];
      }
      store_few(few, rows, column, s.p + wide / GROUP);
      if (k0 == 0) {
        total = sum;
      } else {
        vf fade = probability((top - most) * scale);
        total = total * fade + sum;
        for (size_t i = 0; i < rows; i++)
          for (size_t j = 0; j < columns; j += LANES) *(vf_loose *)(s.sums + i * columns + j) *= fade[i];
      }
      top = most;
      depths block_v = deeper(v, k0 / GROUP);
      for (size_t r = 0; r < rows; r += tile) {
        size_t count = rows - r < tile ? rows - r : tile;
        multiply(1, count, width, words_of(looked_at(problem->causal, q0 + r + count - 1, k0, seen)),
                 s.p + r * ROW_STRIDE, 1, block_v.words, block_v.stride, s.sums + r * columns, columns, k0 > 0, ahead);
      }
    }
    // A whole vector where there is room: the next band writes over what is not this one's.
    store(log_sums + q0, CK_F32, 0, problem->queries - q0, top * problem->scale + log_of(total), 0);
    float inverse[LANES];
    *(vf_loose *)inverse = 1.0f / total;
    unpack_rows(s.sums, columns, inverse, 1, out_at(out, element, q0 * out_token), element, out_token, rows, width);
  }
}

static void forward(const ck_attention_problem *problem, size_t first, size_t end, void *scratch) {
  upcoming ahead = nothing_upcoming(forward_layout(problem, scratch).lines);
  for (size_t pair = first; pair < end; pair++) forward_head(problem, pair, &ahead, scratch);
}

#endif
