// Matrix products on packed operands in the first two levels of cache. Included by attention_LEVEL.c, which defines
//   TILE_ROWS, EACH_TILE_ROWS    how many rows of sums the registers hold
//   GROUP, word                  depths in a word of an operand: 1 (fp32), or 2 (a pair of bf16)
//   MULTIPLY_ADD(sum, a, b)      a vector of sums, a word, a vector of words
//   MULTIPLY_ADD_VECTORS         the same with two vectors of words
// and, where it wants other ones than below, all of these:
//   TILE_VECTORS                 vectors in a row of sums: one or two
//   BAND_ROWS                    queries whose scores are in the first-level cache together: no more than LANES
//   BLOCK_KEYS                   keys that queries look at together
//   AHEAD                        how close to the core memory that is asked for ahead of time comes: 3 the first cache,
//                                2 the second
//   AHEAD_STEPS                  and in how many steps of a tile's loop a line of it
#ifndef CK_ATTENTION_TILE_H
#define CK_ATTENTION_TILE_H

#include "elementwise_math.h"

#ifndef TILE_VECTORS
#define TILE_VECTORS 2
#define BAND_ROWS 14
#define BLOCK_KEYS 512
#define AHEAD 3
#define AHEAD_STEPS 1
#endif

enum {
  BLOCK_ROWS = 80,  // queries that are worked on together
  // Words from a row to the next, where rows are long: an odd number of cache lines. A constant, so that the rows of a
  // tile are at constant distances.
  ROW_STRIDE = BLOCK_KEYS / GROUP + 16,
  SCORE_STRIDE = BLOCK_KEYS + 16,
};

INLINE vu load_words(const word *p) { return *(const vu_loose *)p; }

INLINE void add_depth(int by_row, int rows, int vectors, const word *a, const word *b, vf sum[TILE_ROWS][TILE_VECTORS]) {
  vu right[TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) right[v] = load_words(b + v * LANES);
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    word left = by_row ? a[i * ROW_STRIDE] : a[i];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[i][v] = MULTIPLY_ADD(sum[i][v], left, right[v]);
  }
}

// c (+)= a · b. A's words lie ROW_STRIDE apart from row to row (`by_row`) or next to each other; in the latter case the
// next depth is a_step words further.
INLINE void sum_tile(int by_row, int rows, int vectors, size_t depth, const word *a, size_t a_step, const word *b,
                     size_t b_step, float *c, size_t c_stride, int add, const char *const *ahead) {
  vf sum[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[i][v] = (vf){};
  for (size_t line = 0; line < depth / AHEAD_STEPS; line++) {
    __builtin_prefetch(ahead[line], 0, AHEAD);
#pragma clang loop unroll(full)
    for (int step = 0; step < AHEAD_STEPS; step++) {
      add_depth(by_row, rows, vectors, a, b, sum);
      a += by_row ? 1 : a_step;
      b += b_step;
    }
  }
  for (size_t p = 0; p < depth % AHEAD_STEPS; p++) {
    add_depth(by_row, rows, vectors, a, b, sum);
    a += by_row ? 1 : a_step;
    b += b_step;
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      vf_loose *out = (vf_loose *)(c + (size_t)i * c_stride + v * LANES);
      *out = add ? *out + sum[i][v] : sum[i][v];
    }
}

typedef void (*tile_function)(size_t depth, const word *a, size_t a_step, const word *b, size_t b_step, float *c,
                              size_t c_stride, int add, const char *const *ahead);

#define TILE_FUNCTION(rows, vectors, by_row)                                                                       \
  static void tile_##rows##_##vectors##_##by_row(size_t depth, const word *a, size_t a_step, const word *b,        \
                                                 size_t b_step, float *c, size_t c_stride, int add,                \
                                                 const char *const *ahead) {                                       \
    sum_tile(by_row, rows, vectors, depth, a, a_step, b, b_step, c, c_stride, add, ahead);                                \
  }
#define TILE_ENTRY(rows, vectors, by_row) tile_##rows##_##vectors##_##by_row,

EACH_TILE_ROWS(TILE_FUNCTION, 1, 0)
EACH_TILE_ROWS(TILE_FUNCTION, 1, 1)
#if TILE_VECTORS == 2
EACH_TILE_ROWS(TILE_FUNCTION, 2, 0)
EACH_TILE_ROWS(TILE_FUNCTION, 2, 1)
#define TILE_ENTRIES(by_row) {{EACH_TILE_ROWS(TILE_ENTRY, 1, by_row)}, {EACH_TILE_ROWS(TILE_ENTRY, 2, by_row)}}
#else
#define TILE_ENTRIES(by_row) {{EACH_TILE_ROWS(TILE_ENTRY, 1, by_row)}}
#endif

// [by row][vectors − 1][rows − 1]
static const tile_function tiles[2][TILE_VECTORS][TILE_ROWS] = {TILE_ENTRIES(0), TILE_ENTRIES(1)};

// The height of equal tiles that cover `rows`, none higher than `most`.
INLINE size_t even_height(size_t rows, size_t most) {
  size_t count = (rows + most - 1) / most;
  return count ? (rows + count - 1) / count : 1;
}

// Lines of memory that will be wanted soon, the latest first. A tile's loop asks for one at a time: a burst of
// requests would fill the queue of misses and keep the tile's own loads waiting.
typedef struct {
  const char **next, **end;  // behind the end are lines that are in the cache anyway, as many as a tile has steps
  const char **room;
} upcoming;

enum { MOST_LINES = 4096, MOST_STEPS = BLOCK_KEYS };

INLINE upcoming nothing_upcoming(const char **room) {
  upcoming all = {room + MOST_LINES, room + MOST_LINES, room};
  for (size_t i = 0; i < MOST_STEPS; i++) all.end[i] = (const char *)room;
  return all;
}

INLINE const char *const *lines_for(upcoming *all, size_t steps) {
  const char *const *lines = all->next;
  all->next = (size_t)(all->end - all->next) < steps ? all->end : all->next + steps;
  return lines;
}

// `columns` is rounded up to whole vectors: b and c have room for them. Rows are few, and all of them meet a tile's
// columns of b while these are in the cache; where a's words lie next to each other, rows are many, and each tile of
// them meets all columns.
static void multiply(int by_row, size_t rows, size_t columns, size_t depth, const word *a, size_t a_step, const word *b,
                     size_t b_step, float *c, size_t c_stride, int add, upcoming *ahead) {
  size_t height = even_height(rows, TILE_ROWS), vectors = (columns + LANES - 1) / LANES;
  for (size_t i0 = 0; i0 < rows; i0 += by_row ? rows : height) {
    size_t most = by_row ? rows : rows - i0 < height ? rows : i0 + height;
    for (size_t v = 0; v < vectors; v += TILE_VECTORS) {
      size_t wide = vectors - v < TILE_VECTORS ? vectors - v : TILE_VECTORS;
      for (size_t i = i0; i < most; i += height) {
        size_t count = rows - i < height ? rows - i : height;
        const word *from = a + i * (by_row ? ROW_STRIDE : 1);
        tiles[by_row][wide - 1][count - 1](depth, from, a_step, b + v * LANES, b_step, c + i * c_stride + v * LANES,
                                           c_stride, add, lines_for(ahead, depth / AHEAD_STEPS));
      }
    }
  }
}

#endif
