// Operands in the order in which tiles read them, padded with zeros to whole words and vectors.
#ifndef CK_ATTENTION_PACK_H
#define CK_ATTENTION_PACK_H

#include "attention_tile.h"
#include "elementwise_transpose.h"

INLINE size_t whole(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }
// Words from depth to depth of an operand with so many columns: whole vectors, an odd number of them.
INLINE size_t wide_stride(size_t n) { return ((n + LANES - 1) / LANES | 1) * LANES; }
INLINE size_t words_of(size_t n) { return (n + GROUP - 1) / GROUP; }

// Sixteen words of a row, from word w on, all of which exist.
INLINE vu whole_words(const void *row, ck_element element, size_t w) {
#if GROUP == 1
  return bits(load(row, element, w, w + LANES));
#else
  (void)element;
  return *(const vu_loose *)((const uint16_t *)row + 2 * w);
#endif
}

// The same where the row may end before: zeros after its `width` numbers.
INLINE vu row_words(const void *row, ck_element element, size_t w, size_t width) {
#if GROUP == 1
  return bits(load(row, element, w, width));
#else
  (void)element;
  const uint16_t *halves = row;
  if (width - 2 * w >= 2 * LANES) return *(const vu_loose *)(halves + 2 * w);
  uint16_t part[2 * LANES] = {0};
  for (size_t k = 0; k < width - 2 * w; k++) part[k] = halves[2 * w + k];
  vu words;
  memcpy(&words, part, sizeof words);
  return words;
#endif
}

// to[row · stride + word of the row]
static void pack_rows(const void *x, ck_element element, size_t token, size_t rows, size_t width, word *to,
                      size_t stride) {
  for (size_t i = 0; i < rows; i++)
    for (size_t w = 0; w < words_of(width); w += LANES)
      *(vu_loose *)(to + i * stride + w) = row_words(at(x, element, i * token), element, w, width);
}

// to[word of the row · stride + row], for rows up to a whole vector.
static void pack_transposed(const void *x, ck_element element, size_t token, size_t rows, size_t width, word *to,
                            size_t stride) {
  for (size_t i = 0; i < rows; i += LANES)
    for (size_t w = 0; w < words_of(width); w += LANES) {
      vu tile[LANES];
      if (rows - i >= LANES && width - GROUP * w >= GROUP * LANES) {
#pragma clang loop unroll(full)
        for (size_t k = 0; k < LANES; k++) tile[k] = whole_words(at(x, element, (i + k) * token), element, w);
      } else {
        for (size_t k = 0; k < LANES; k++)
          tile[k] = i + k < rows ? row_words(at(x, element, (i + k) * token), element, w, width) : (vu){};
      }
      transpose_vectors_uint32_t(tile);
      // The depths that fill up the last tile have room: see depth_rows.
#pragma clang loop unroll(full)
      for (size_t k = 0; k < LANES; k++) *(vu_loose *)(to + (w + k) * stride + i) = tile[k];
    }
}

// Depths that pack_transposed writes.
INLINE size_t depth_rows(size_t width) { return whole(words_of(width), LANES); }

// to[group of rows · stride + column]
static void pack_depths(const void *x, ck_element element, size_t token, size_t rows, size_t width, word *to,
                        size_t stride) {
#if GROUP == 1
  pack_rows(x, element, token, rows, width, to, stride);
#else
  (void)element;
  for (size_t i = 0; i < rows; i += 2)
    for (size_t j = 0; j < width; j += LANES) {
      const uint16_t *row = (const uint16_t *)x + i * token + j;
      vh low = {}, high = {};
      if (width - j >= LANES) {
        low = *(const vh_loose *)row;
        if (i + 1 < rows) high = *(const vh_loose *)(row + token);
      } else {
        for (size_t k = 0; k < width - j; k++) {
          low[k] = row[k];
          if (i + 1 < rows) high[k] = row[token + k];
        }
      }
      vu words = __builtin_convertvector(low, vu) | __builtin_convertvector(high, vu) << 16;
      *(vu_loose *)(to + i / 2 * stride + j) = words;
    }
#endif
}

// Rows of fp32 sums, scaled, to where the caller wants them.
INLINE void unpack_rows(const float *from, size_t stride, float scale, void *x, ck_element element, size_t token,
                        size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) {
    void *row = out_at(x, element, i * token);
    size_t j = 0;
    for (; j + LANES <= width; j += LANES) {
      vf v = *(const vf_loose *)(from + i * stride + j) * scale;
#if GROUP == 1
      store(row, element, j, width, v, 0);
#else
      store_halves((uint16_t *)row + j, v);
#endif
    }
    if (j < width) store(row, element, j, width, *(const vf_loose *)(from + i * stride + j) * scale, 0);
  }
}

static void clear_rows(void *x, ck_element element, size_t token, size_t rows, size_t width) {
  for (size_t i = 0; i < rows; i++) memset(out_at(x, element, i * token), 0, width * size_of(element));
}

#endif
