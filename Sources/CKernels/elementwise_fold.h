// Sixteen rows at a time: what each row's lanes come to, as one vector of sixteen results.
#ifndef CK_ELEMENTWISE_FOLD_H
#define CK_ELEMENTWISE_FOLD_H

#include "elementwise_vectors.h"

// The larger, without care for NaN: it comes back with its exponential.
INLINE vf top_of(vf a, vf b) { return pick(a > b, a, b); }

// out[i] = the sum, or the largest, of the lanes of rows[i]. A round folds rows that are so far apart into one, whose
// lanes are then shared among them.
#define LIST(...) __VA_ARGS__
#define FOLD(APART, LOW, HIGH)                                                        \
  _Pragma("clang loop unroll(full)") for (size_t i = 0; i < APART; i++) {             \
    vf a = __builtin_shufflevector(rows[i], rows[i + APART], LOW);                    \
    vf b = __builtin_shufflevector(rows[i], rows[i + APART], HIGH);                   \
    rows[i] = largest ? top_of(a, b) : a + b;                                         \
  }
INLINE vf across_rows(int largest, vf rows[LANES]) {
  FOLD(8, LIST(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
       LIST(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
  FOLD(4, LIST(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
       LIST(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
  FOLD(2, LIST(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
       LIST(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
  FOLD(1, LIST(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
       LIST(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
  return rows[0];
}
#undef LIST
#undef FOLD

#endif
