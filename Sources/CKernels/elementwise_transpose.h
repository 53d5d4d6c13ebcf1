// Transposition of 16 × 16 blocks in registers.
#ifndef CK_ELEMENTWISE_TRANSPOSE_H
#define CK_ELEMENTWISE_TRANSPOSE_H

#include "elementwise_vectors.h"

enum { TILE = 16 };

// A 16 × 16 block in four rounds of exchanges between rows that are 8, 4, 2 and 1 apart.
#define EXCHANGE(V, ROWS, APART, LOW, HIGH)                         \
  _Pragma("clang loop unroll(full)") for (size_t i = 0; i < TILE; i++) {                               \
    if (i & APART) continue;                                        \
    V a = ROWS[i], b = ROWS[i + APART];                             \
    ROWS[i] = __builtin_shufflevector(a, b, LOW);                   \
    ROWS[i + APART] = __builtin_shufflevector(a, b, HIGH);          \
  }
#define LIST(...) __VA_ARGS__
#define TRANSPOSE_TILE(V, LOOSE, T)                                                                              \
  INLINE void transpose_vectors_##T(V rows[TILE]) {                                                             \
    EXCHANGE(V, rows, 8, LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),                          \
             LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))                                 \
    EXCHANGE(V, rows, 4, LIST(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),                        \
             LIST(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))                                   \
    EXCHANGE(V, rows, 2, LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),                        \
             LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))                                   \
    EXCHANGE(V, rows, 1, LIST(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),                       \
             LIST(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))                                    \
  }                                                                                                              \
  INLINE void transpose_tile_##T(const T *x, size_t x_stride, T *y, size_t y_stride) {                          \
    V rows[TILE];                                                                                                \
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < TILE; i++) rows[i] = *(const LOOSE *)(x + i * x_stride);                             \
    transpose_vectors_##T(rows);                                                                                 \
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < TILE; i++) *(LOOSE *)(y + i * y_stride) = rows[i];                                   \
  }

TRANSPOSE_TILE(vu, vu_loose, uint32_t)
TRANSPOSE_TILE(vh, vh_loose, uint16_t)

#endif
