// Sums in fp32 over short blocks, in double across them: accurate for any length, and always in the same order.
#ifndef CK_ELEMENTWISE_REDUCE_H
#define CK_ELEMENTWISE_REDUCE_H

#include "elementwise_math.h"

enum { SUM_BLOCK = 2048 };

INLINE double sum_loop(int squares, ck_element type, const void *x, size_t n) {
  double total = 0;
  for (size_t start = 0; start < n; start += SUM_BLOCK) {
    size_t end = n - start < SUM_BLOCK ? n : start + SUM_BLOCK;
    vf a = {}, b = {};
    size_t i = start;
    for (; i + LANES < end; i += 2 * LANES) {
      vf v = load(x, type, i, end), w = load(x, type, i + LANES, end);
      a += squares ? v * v : v;
      b += squares ? w * w : w;
    }
    if (i < end) {
      vf v = load(x, type, i, end);
      a += squares ? v * v : v;
    }
    total += (double)sum_lanes(a + b);
  }
  return total;
}

INLINE float extreme_loop(int largest, ck_element type, const void *x, size_t n) {
  vf m = splat(largest ? -__builtin_inff() : __builtin_inff());
  for (size_t i = 0; i < n; i += LANES) {
    vf v = load_or(x, type, i, n, largest ? -__builtin_inff() : __builtin_inff());
    m = largest ? larger(m, v) : smaller(m, v);
  }
  return largest ? max_lanes(m) : -max_lanes(-m);
}

static double sum(ck_element type, const void *x, size_t n) {
  return type == CK_F32 ? sum_loop(0, CK_F32, x, n) : sum_loop(0, type, x, n);
}

static double sum_squares(ck_element type, const void *x, size_t n) {
  return type == CK_F32 ? sum_loop(1, CK_F32, x, n) : sum_loop(1, type, x, n);
}

static void reduce_rows(ck_reduction op, ck_element type, const void *x, float *out, size_t rows, size_t n) {
  for (size_t r = 0; r < rows; r++) {
    const void *row = at(x, type, r * n);
    switch (op) {
      case CK_SUM: out[r] = (float)sum(type, row, n); break;
      case CK_MEAN: out[r] = (float)(sum(type, row, n) / (double)n); break;
      case CK_MAX: out[r] = extreme_loop(1, type, row, n); break;
      case CK_MIN: out[r] = extreme_loop(0, type, row, n); break;
      case CK_SUM_SQUARES: out[r] = (float)sum_squares(type, row, n); break;
    }
  }
}

// The first of equals; a NaN wins over numbers.
static void argmax_rows(ck_element type, const void *x, int32_t *out, size_t rows, size_t n) {
  for (size_t r = 0; r < rows; r++) {
    const void *row = at(x, type, r * n);
    float best = extreme_loop(1, type, row, n);
    out[r] = 0;
    for (size_t i = 0; i < n; i += LANES) {
      vf v = load_or(row, type, i, n, -__builtin_inff());
      vi hit = (v == best) | (v != v);
      size_t k = 0, count = n - i < LANES ? n - i : LANES;
      while (k < count && !hit[k]) k++;
      if (k < count) {
        out[r] = (int32_t)(i + k);
        break;
      }
    }
  }
}

// Eight rows at a time, added as a tree: fewer passes over `out`, and smaller errors.
INLINE void sum_columns_loop(ck_element type, const void *x, float *out, size_t rows, size_t n) {
  memset(out, 0, n * sizeof *out);
  size_t r = 0;
  for (; r + 8 <= rows; r += 8) {
    const void *p = at(x, type, r * n);
    for (size_t j = 0; j < n; j += LANES) {
      vf v[8];
      for (size_t k = 0; k < 8; k++) v[k] = load(at(p, type, k * n), type, j, n);
      vf total = ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7]));
      store(out, CK_F32, j, n, load(out, CK_F32, j, n) + total, 0);
    }
  }
  for (; r < rows; r++) {
    const void *p = at(x, type, r * n);
    for (size_t j = 0; j < n; j += LANES)
      store(out, CK_F32, j, n, load(out, CK_F32, j, n) + load(p, type, j, n), 0);
  }
}

static void sum_columns(ck_element type, const void *x, float *out, size_t rows, size_t n) {
  if (type == CK_F32) sum_columns_loop(CK_F32, x, out, rows, n);
  else sum_columns_loop(CK_BF16, x, out, rows, n);
}

static size_t first_nonfinite(ck_element type, const void *x, size_t n) {
  for (size_t i = 0; i < n; i += LANES) {
    vi bad = (vi)((bits(load(x, type, i, n)) & 0x7f800000u) == 0x7f800000u);
    if (__builtin_reduce_or(bad) == 0) continue;
    size_t k = 0;
    while (!bad[k]) k++;
    return i + k;
  }
  return n;
}

#endif
