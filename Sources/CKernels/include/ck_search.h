#ifndef DIPTYCH_CK_SEARCH_H
#define DIPTYCH_CK_SEARCH_H

#include <stddef.h>
#include <stdint.h>

#include "ck_level.h"

/// Rows of a panel: as many as a mask of 64 bits has places.
#define CK_PANEL_ROWS 64

/// A query as the compact scan sees it: q ≈ scale × codes, and what is needed to bound the error of an estimate.
typedef struct {
  const int8_t *codes;  // 4 × groups bytes, zero beyond the width
  float scale;
  int32_t shift;    // 128 × Σ codes: rows are stored with 128 added
  float norm;       // not below ‖q‖
  float slack;      // the part of the error bound that is the same for all rows
  float threshold;  // rows whose upper bound lies below it are of no interest
} ck_search_query;

/// Kernels over embeddings. All levels give the same bits.
///
/// A panel holds the codes of 64 rows, interleaved: four codes of row 0, the same four of row 1, … of row 63, then the
/// next four of row 0: a vector register holds four codes of many rows, and sums need no horizontal additions.
typedef struct {
  /// estimates[64 q + r] ≈ row r · query q, and bit r of candidates[q] is set unless
  /// estimate + (errors[r] × norm + slack) < threshold.
  void (*scan)(const uint8_t *panel, size_t groups, const float *scales, const float *errors,
               const ck_search_query *queries, size_t count, float *estimates, uint64_t *candidates);

  /// Codes of a row, 4 bytes every 4 × 64 bytes from `panel` on: row ≈ scale × (codes - 128). `error` is not below the
  /// norm of what is lost, `norm` not below the norm of what is kept. A row with numbers that are not finite, or so
  /// large that their squares are not, has the error infinity.
  void (*encode)(const float *row, size_t width, uint8_t *panel, float *scale, float *error, float *norm);

  /// The sum of a[i] × b[i] in double precision, in an order of additions that depends on `count` alone.
  double (*dot)(const float *a, const float *b, size_t count);
} ck_search_kernels;

/// The kernels of this level or the next lower one that has its own.
const ck_search_kernels *ck_search(ck_level level);

/// This CPU's best: some have the byte products of AVX-512 (VNNI) without bf16.
const ck_search_kernels *ck_search_best(void);

/// A fast hash of 64 bits to find damage and to tell contents apart (nobody is kept from making collisions on purpose).
/// Each step is a bijection of each word that goes in: a change within eight aligned bytes never goes unseen, any
/// other with probability 1 - 2⁻⁶⁴.
uint64_t ck_hash(const void *bytes, size_t count, uint64_t seed);

#endif
