// Operands in the order in which tiles read them, padded with zeros to whole words and vectors.
#ifndef CK_ATTENTION_PACK_H
#define CK_ATTENTION_PACK_H

#include "attention_tile.h"
#include "elementwise_transpose.h"

INLINE size_t whole(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }
// Words from depth to depth of an operand with so many columns: whole vectors, an odd number of them.
INLINE size_t wide_stride(size_t n) { return ((n + LANES - 1) / LANES | 1) * LANES; }
INLINE size_t words_of(size_t n) { return (n + GROUP - 1) / GROUP; }

// Sixteen words of a row, from word w on; zeros after its `width` numbers, which a whole row does not reach.
INLINE vu row_words(ck_element element, int is_whole, const void *row, size_t w, size_t width) {
#if GROUP == 1
  return bits(load(row, element, w, is_whole ? w + LANES : width));
#else
  (void)element;
  const uint16_t *halves = row;
  if (is_whole || width - 2 * w >= 2 * LANES) return *(const vu_loose *)(halves + 2 * w);
  uint16_t part[2 * LANES] = {0};
  for (size_t k = 0; k < width - 2 * w; k++) part[k] = halves[2 * w + k];
  vu words;
  memcpy(&words, part, sizeof words);
  return words;
#endif
}

// One body for each kind of tokens: their element type, and whether they are whole vectors of words.
#if GROUP == 1
#define FOR_TOKENS(element, width, pack, ...)                                                \
  do {                                                                                       \
    if ((element) == CK_F32 && (width) % LANES == 0) pack(CK_F32, 1, __VA_ARGS__);           \
    else if ((element) == CK_F32) pack(CK_F32, 0, __VA_ARGS__);                              \
    else if ((width) % LANES == 0) pack(CK_BF16, 1, __VA_ARGS__);                            \
    else pack(CK_BF16, 0, __VA_ARGS__);                                                      \
  } while (0)
#else
#define FOR_TOKENS(element, width, pack, ...)                                                \
  do {                                                                                       \
    (void)(element);                                                                         \
    if ((width) % (GROUP * LANES) == 0) pack(CK_BF16, 1, __VA_ARGS__);                       \
    else pack(CK_BF16, 0, __VA_ARGS__);                                                      \
  } while (0)
#endif

INLINE void pack_rows_of(ck_element element, int is_whole, const void *x, size_t token, size_t rows, size_t width,
                         word *to, size_t stride) {
  for (size_t i = 0; i < rows; i++)
    for (size_t w = 0; w < words_of(width); w += LANES)
      *(vu_loose *)(to + i * stride + w) = row_words(element, is_whole, at(x, element, i * token), w, width);
}

// to[row · stride + word of the row]
static void pack_rows(const void *x, ck_element element, size_t token, size_t rows, size_t width, word *to,
                      size_t stride) {
  FOR_TOKENS(element, width, pack_rows_of, x, token, rows, width, to, stride);
}

// Sixteen rows of a square of words become columns. Past the last row it comes again: nobody reads those columns.
#if MASKS
INLINE void transpose_square(ck_element element, int is_whole, const void *x, size_t token, size_t rows, size_t w,
                             size_t width, word *to, size_t stride) {
  vu square[LANES];
#pragma clang loop unroll(full)
  for (size_t k = 0; k < LANES; k++)
    square[k] = row_words(element, is_whole, at(x, element, (k < rows ? k : rows - 1) * token), w, width);
  transpose_words(square);
#pragma clang loop unroll(full)
  for (size_t k = 0; k < LANES; k++) *(vu_loose *)(to + k * stride) = square[k];
}
#else
// Eight rows at a time: registers of thirty-two bytes hold these, and would not hold sixteen.
typedef uint32_t vq __attribute__((vector_size(32)));
typedef uint32_t vq_loose __attribute__((vector_size(32), aligned(4), may_alias));

#define EXCHANGE(TO, FROM, APART, LOW, HIGH)                                        \
  _Pragma("clang loop unroll(full)") for (size_t i = 0; i < 8; i++)                 \
    if (!(i & APART)) {                                                             \
      TO[i] = __builtin_shufflevector(FROM[i], FROM[i + APART], LOW);               \
      TO[i + APART] = __builtin_shufflevector(FROM[i], FROM[i + APART], HIGH);      \
    }
#define LIST(...) __VA_ARGS__
INLINE void transpose_eighth(vq rows[8]) {
  vq next[8];
  EXCHANGE(next, rows, 1, LIST(0, 8, 1, 9, 4, 12, 5, 13), LIST(2, 10, 3, 11, 6, 14, 7, 15))
  EXCHANGE(rows, next, 2, LIST(0, 1, 8, 9, 4, 5, 12, 13), LIST(2, 3, 10, 11, 6, 7, 14, 15))
  EXCHANGE(next, rows, 4, LIST(0, 1, 2, 3, 8, 9, 10, 11), LIST(4, 5, 6, 7, 12, 13, 14, 15))
  // The two lowest bits of a column's number have ended up in each other's place.
#pragma clang loop unroll(full)
  for (size_t i = 0; i < 8; i++) rows[i] = next[(i & 4) | (i & 1) << 1 | (i & 2) >> 1];
}
#undef EXCHANGE
#undef LIST

INLINE void transpose_square(ck_element element, int is_whole, const void *x, size_t token, size_t rows, size_t w,
                             size_t width, word *to, size_t stride) {
  word whole_rows[LANES * LANES];
  if (!is_whole) {
    for (size_t k = 0; k < rows; k++)
      *(vu_loose *)(whole_rows + k * LANES) = row_words(element, 0, at(x, element, k * token), w, width);
    element = CK_F32;
    x = whole_rows;
    token = LANES;
    w = 0;
  }
#pragma clang loop unroll(full)
  for (size_t column = 0; column < LANES; column += 8)
#pragma clang loop unroll(full)
    for (size_t row = 0; row < LANES; row += 8) {
      vq eighth[8];
#pragma clang loop unroll(full)
      for (size_t k = 0; k < 8; k++) {
        size_t from = row + k < rows ? row + k : rows - 1;
        vu words = row_words(element, 1, at(x, element, from * token), w, width);
        memcpy(&eighth[k], (const char *)&words + column * 4, sizeof eighth[k]);
      }
      transpose_eighth(eighth);
#pragma clang loop unroll(full)
      for (size_t k = 0; k < 8; k++) *(vq_loose *)(to + (column + k) * stride + row) = eighth[k];
    }
}
#endif

INLINE void pack_transposed_of(ck_element element, int is_whole, const void *x, size_t token, size_t rows,
                               size_t width, word *to, size_t stride) {
  for (size_t i = 0; i < rows; i += LANES) {
    const void *from = at(x, element, i * token);
    for (size_t w = 0; w < words_of(width); w += LANES)
      if (rows - i >= LANES)
        transpose_square(element, is_whole, from, token, LANES, w, width, to + w * stride + i, stride);
      else transpose_square(element, is_whole, from, token, rows - i, w, width, to + w * stride + i, stride);
  }
}

// to[word of the row · stride + row], for rows up to a whole vector and depth_rows words.
static void pack_transposed(const void *x, ck_element element, size_t token, size_t rows, size_t width, word *to,
                            size_t stride) {
  FOR_TOKENS(element, width, pack_transposed_of, x, token, rows, width, to, stride);
}

// Depths that pack_transposed writes.
INLINE size_t depth_rows(size_t width) { return whole(words_of(width), LANES); }

// An operand B whose depths are rows, or pairs of rows.
typedef struct {
  const word *words;
  size_t stride;  // from depth to depth
} depths;

INLINE depths deeper(depths b, size_t groups) { return (depths){b.words + groups * b.stride, b.stride}; }

#if GROUP == 2
INLINE void pack_pairs(int is_whole, const uint16_t *x, size_t token, int has_second, size_t width, word *to) {
  for (size_t j = 0; j < width; j += LANES) {
    vh low = {}, high = {};
    if (is_whole || width - j >= LANES) {
      low = *(const vh_loose *)(x + j);
      if (has_second) high = *(const vh_loose *)(x + token + j);
    } else {
      for (size_t k = 0; k < width - j; k++) {
        low[k] = x[j + k];
        if (has_second) high[k] = x[token + j + k];
      }
    }
    *(vu_loose *)(to + j) = __builtin_convertvector(low, vu) | __builtin_convertvector(high, vu) << 16;
  }
}

INLINE void pack_depths_of(ck_element element, int is_whole, const void *x, size_t token, size_t rows, size_t width,
                           word *to, size_t stride) {
  (void)element;
  const uint16_t *row = x;
  for (size_t i = 0; i < rows / 2; i++)
    pack_pairs(is_whole, row + 2 * i * token, token, 1, width, to + i * stride);
  if (rows % 2) pack_pairs(is_whole, row + (rows - 1) * token, token, 0, width, to + rows / 2 * stride);
}
#endif

// Tokens as depths, `stride` words apart. (Where they lie in words already, reading them there is no faster: long
// strides make them share few sets of the cache.)
static depths pack_depths(const void *x, ck_element element, size_t token, size_t rows, size_t width, word *room,
                          size_t stride) {
#if GROUP == 1
  pack_rows(x, element, token, rows, width, room, stride);
#else
  FOR_TOKENS(element, width, pack_depths_of, x, token, rows, width, room, stride);
#endif
  return (depths){room, stride};
}

INLINE void unpack_rows_of(ck_element element, int is_whole, const float *from, size_t stride, const float *scales,
                           size_t scale_step, void *x, size_t token, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    void *row = out_at(x, element, i * token);
    vf scale = splat(scales[i * scale_step]);
    for (size_t j = 0; j < width; j += LANES) {
      vf v = *(const vf_loose *)(from + i * stride + j) * scale;
      if (!is_whole && width - j < LANES) store(row, element, j, width, v, 0);
#if GROUP == 1
      else store(row, element, j, j + LANES, v, 0);
#else
      else store_rounded((uint16_t *)row + j, v);
#endif
    }
  }
}

// Rows of fp32 sums to where the caller wants them, each scaled by its own number, or (scale_step 0) all by one.
static void unpack_rows(const float *from, size_t stride, const float *scales, size_t scale_step, void *x,
                        ck_element element, size_t token, size_t rows, size_t width) {
  FOR_TOKENS(element, width, unpack_rows_of, from, stride, scales, scale_step, x, token, rows, width);
}

static void clear_rows(void *x, ck_element element, size_t token, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) memset(out_at(x, element, i * token), 0, width * size_of(element));
}

#endif
