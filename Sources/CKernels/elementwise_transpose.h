// Transposition of 16 × 16 blocks in registers.
#ifndef CK_ELEMENTWISE_TRANSPOSE_H
#define CK_ELEMENTWISE_TRANSPOSE_H

#include "elementwise_vectors.h"

enum { TILE = 16 };

// One round of exchanges between rows that are so far apart.
#define LIST(...) __VA_ARGS__
#define ROUND(TO, FROM, APART, LOW, HIGH)                                                \
  _Pragma("clang loop unroll(full)") for (size_t i = 0; i < TILE; i++)                   \
    if (!(i & APART)) {                                                                  \
      TO[i] = __builtin_shufflevector(FROM[i], FROM[i + APART], LOW);                    \
      TO[i + APART] = __builtin_shufflevector(FROM[i], FROM[i + APART], HIGH);           \
    }

// Neighbours, then pairs of them, are interleaved within quarters of a vector; then quarters change places. Each is one
// instruction, without a table of indices.
INLINE void transpose_words(vu rows[TILE]) {
  vu next[TILE];
  ROUND(next, rows, 1, LIST(0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29),
        LIST(2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31))
  ROUND(rows, next, 2, LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
        LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
  ROUND(next, rows, 4, LIST(0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27),
        LIST(4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31))
  ROUND(rows, next, 8, LIST(0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27),
        LIST(4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31))
  // The two lowest bits of a column's number have ended up in each other's place.
#pragma clang loop unroll(full)
  for (size_t i = 1; i < TILE; i += 4) {
    vu row = rows[i];
    rows[i] = rows[i + 1];
    rows[i + 1] = row;
  }
}

INLINE void transpose_halves(vh rows[TILE]) {
  vh next[TILE];
  ROUND(next, rows, 8, LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
        LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
  ROUND(rows, next, 4, LIST(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
        LIST(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
  ROUND(next, rows, 2, LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
        LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
  ROUND(rows, next, 1, LIST(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
        LIST(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
}

#define TRANSPOSE_TILE(V, LOOSE, T, TRANSPOSE)                                                          \
  INLINE void transpose_tile_##T(const T *x, size_t x_stride, T *y, size_t y_stride) {                  \
    V rows[TILE];                                                                                       \
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < TILE; i++) rows[i] =                      \
        *(const LOOSE *)(x + i * x_stride);                                                             \
    TRANSPOSE(rows);                                                                                    \
    _Pragma("clang loop unroll(full)") for (size_t i = 0; i < TILE; i++) *(LOOSE *)(y + i * y_stride) = \
        rows[i];                                                                                        \
  }

TRANSPOSE_TILE(vu, vu_loose, uint32_t, transpose_words)
TRANSPOSE_TILE(vh, vh_loose, uint16_t, transpose_halves)

#undef LIST
#undef ROUND
#undef TRANSPOSE_TILE
#endif
