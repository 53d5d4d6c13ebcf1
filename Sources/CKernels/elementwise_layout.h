// Moving numbers without changing them, and adding rows back where they came from.
#ifndef CK_ELEMENTWISE_LAYOUT_H
#define CK_ELEMENTWISE_LAYOUT_H

#include "elementwise_vectors.h"

enum { TILE = 16 };

// A 16 × 16 block in four rounds of exchanges between rows that are 8, 4, 2 and 1 apart.
#define EXCHANGE(V, ROWS, APART, LOW, HIGH)                         \
  for (size_t i = 0; i < TILE; i++) {                               \
    if (i & APART) continue;                                        \
    V a = ROWS[i], b = ROWS[i + APART];                             \
    ROWS[i] = __builtin_shufflevector(a, b, LOW);                   \
    ROWS[i + APART] = __builtin_shufflevector(a, b, HIGH);          \
  }
#define LIST(...) __VA_ARGS__
#define TRANSPOSE_TILE(V, LOOSE, T)                                                                                  \
  INLINE void transpose_tile_##T(const T *x, size_t x_stride, T *y, size_t y_stride) {                              \
    V rows[TILE];                                                                                                    \
    for (size_t i = 0; i < TILE; i++) rows[i] = *(const LOOSE *)(x + i * x_stride);                                 \
    EXCHANGE(V, rows, 8, LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),                              \
             LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))                                     \
    EXCHANGE(V, rows, 4, LIST(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),                            \
             LIST(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))                                       \
    EXCHANGE(V, rows, 2, LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),                            \
             LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))                                       \
    EXCHANGE(V, rows, 1, LIST(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),                           \
             LIST(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))                                        \
    for (size_t i = 0; i < TILE; i++) *(LOOSE *)(y + i * y_stride) = rows[i];                                       \
  }

TRANSPOSE_TILE(vu, vu_loose, uint32_t)
TRANSPOSE_TILE(vh, vh_loose, uint16_t)

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
