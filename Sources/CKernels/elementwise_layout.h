// Moving numbers without changing them, and adding rows back where they came from.
#ifndef CK_ELEMENTWISE_LAYOUT_H
#define CK_ELEMENTWISE_LAYOUT_H

#include "elementwise_transpose.h"

#define TRANSPOSE(T)                                                                                       \
  static void transpose_##T(const T *x, size_t xs, T *y, size_t ys, size_t rows, size_t columns) {         \
    for (size_t r = 0; r < rows; r += TILE)                                                                \
      for (size_t c = 0; c < columns; c += TILE) {                                                         \
        const T *from = x + r * xs + c;                                                                    \
        T *to = y + c * ys + r;                                                                            \
        if (rows - r >= TILE && columns - c >= TILE) {                                                     \
          transpose_tile_##T(from, xs, to, ys);                                                            \
          continue;                                                                                        \
        }                                                                                                  \
        size_t height = rows - r < TILE ? rows - r : TILE, width = columns - c < TILE ? columns - c : TILE; \
        for (size_t i = 0; i < height; i++)                                                                \
          for (size_t j = 0; j < width; j++) to[j * ys + i] = from[i * xs + j];                            \
      }                                                                                                    \
  }

TRANSPOSE(uint32_t)
TRANSPOSE(uint16_t)

static void transpose(size_t size, const void *x, size_t xs, void *y, size_t ys, size_t rows, size_t columns) {
  if (size == 4) transpose_uint32_t(x, xs, y, ys, rows, columns);
  else transpose_uint16_t(x, xs, y, ys, rows, columns);
}

static void gather_rows(const void *x, const int32_t *ids, void *y, size_t count, size_t row_bytes) {
  for (size_t i = 0; i < count; i++)
    memcpy((char *)y + i * row_bytes, (const char *)x + (size_t)ids[i] * row_bytes, row_bytes);
}

static void scatter_add_rows(ck_element type, const void *g, const int32_t *ids, size_t count, size_t n, float *out,
                             size_t first, size_t last) {
  for (size_t i = 0; i < count; i++) {
    size_t id = (size_t)ids[i];
    if (id < first || id >= last) continue;
    const void *row = at(g, type, i * n);
    float *to = out + id * n;
    for (size_t j = 0; j < n; j += LANES) store(to, CK_F32, j, n, load(to, CK_F32, j, n) + load(row, type, j, n), 0);
  }
}

#endif
