// Search for one instruction set; search.c includes this once for each, with these defined:
//   NAME(x)                 a name of its own for everything in here
//   LANES                   how many 32-bit sums a register holds
//   ROW_VECTORS             how many registers of rows a tile has
//   FOUR_PRODUCTS(sum, rows, word)
//                           adds to each 32-bit sum four products of a row's unsigned bytes and the word's signed ones

typedef int32_t NAME(ints) __attribute__((vector_size(4 * LANES)));
typedef float NAME(floats) __attribute__((vector_size(4 * LANES)));
#define INTS NAME(ints)
#define FLOATS NAME(floats)

// Byte products of all rows of a panel and `COUNT` queries. Callers pass a constant for COUNT, and all loops over it
// and over ROW_VECTORS are unrolled, so that the sums stay in registers.
__attribute__((always_inline)) static inline void NAME(multiply)(const uint8_t *panel, size_t groups,
                                                                 const ck_search_query *queries, const int COUNT,
                                                                 int32_t *out) {
  enum { TILE_ROWS = LANES * ROW_VECTORS };
  for (int first = 0; first < CK_PANEL_ROWS; first += TILE_ROWS) {
    INTS sums[4][ROW_VECTORS];
#pragma clang loop unroll(full)
    for (int q = 0; q < COUNT; q++)
#pragma clang loop unroll(full)
      for (int v = 0; v < ROW_VECTORS; v++) sums[q][v] = (INTS){0};
    const uint8_t *at = panel + 4 * first;
    for (size_t g = 0; g < groups; g++, at += 4 * CK_PANEL_ROWS) {
      INTS rows[ROW_VECTORS];
      memcpy(rows, at, sizeof rows);
#pragma clang loop unroll(full)
      for (int q = 0; q < COUNT; q++) {
        int32_t codes;
        memcpy(&codes, queries[q].codes + 4 * g, sizeof codes);
        INTS word = (INTS){0} + codes;
#pragma clang loop unroll(full)
        for (int v = 0; v < ROW_VECTORS; v++) sums[q][v] = FOUR_PRODUCTS(sums[q][v], rows[v], word);
      }
    }
#pragma clang loop unroll(full)
    for (int q = 0; q < COUNT; q++) memcpy(out + q * CK_PANEL_ROWS + first, sums[q], sizeof sums[q]);
  }
}

// Turns byte products into estimates and tells whose upper bound reaches the threshold.
static void NAME(finish)(const int32_t *products, const float *scales, const float *errors,
                         const ck_search_query *query, float *estimates, uint64_t *candidates) {
  float factor = query->scale, norm = query->norm, slack = query->slack, threshold = query->threshold;
  INTS any = {0};
  for (int r = 0; r < CK_PANEL_ROWS; r += LANES) {
    INTS product;
    FLOATS scale, error;
    memcpy(&product, products + r, sizeof product);
    memcpy(&scale, scales + r, sizeof scale);
    memcpy(&error, errors + r, sizeof error);
    FLOATS estimate = scale * factor * __builtin_convertvector(product - query->shift, FLOATS);
    memcpy(estimates + r, &estimate, sizeof estimate);
    // "Not below", so that NaN counts as reaching it.
    any |= ~(INTS)(estimate + (error * norm + slack) < threshold);
  }
  int found = 0;
  for (int i = 0; i < LANES; i++) found |= any[i];
  *candidates = 0;
  if (!found) return;
  for (int r = 0; r < CK_PANEL_ROWS; r++)
    *candidates |= (uint64_t) !(estimates[r] + (errors[r] * norm + slack) < threshold) << r;
}

static void NAME(scan)(const uint8_t *panel, size_t groups, const float *scales, const float *errors,
                       const ck_search_query *queries, size_t count, float *estimates, uint64_t *candidates) {
  int32_t products[4 * CK_PANEL_ROWS];
  size_t q = 0;
  for (; q + 4 <= count; q += 4) {
    NAME(multiply)(panel, groups, queries + q, 4, products);
    for (size_t i = 0; i < 4; i++)
      NAME(finish)(products + i * CK_PANEL_ROWS, scales, errors, queries + q + i,
                   estimates + (q + i) * CK_PANEL_ROWS, candidates + q + i);
  }
  for (; q < count; q++) {
    NAME(multiply)(panel, groups, queries + q, 1, products);
    NAME(finish)(products, scales, errors, queries + q, estimates + q * CK_PANEL_ROWS, candidates + q);
  }
}

typedef double NAME(doubles) __attribute__((vector_size(64)));
typedef float NAME(eight) __attribute__((vector_size(32)));
#define DOUBLES NAME(doubles)

// The product of two floats is exact in double precision: whether it is fused with the addition makes no difference,
// and all levels round the same sums.
static double NAME(dot)(const float *a, const float *b, size_t count) {
  DOUBLES sums[4] = {{0}};
  size_t i = 0;
  for (; i + 32 <= count; i += 32)
#pragma clang loop unroll(full)
    for (size_t v = 0; v < 4; v++) {
      NAME(eight) x, y;
      memcpy(&x, a + i + 8 * v, sizeof x);
      memcpy(&y, b + i + 8 * v, sizeof y);
      sums[v] += __builtin_convertvector(x, DOUBLES) * __builtin_convertvector(y, DOUBLES);
    }
  DOUBLES all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  double sum = ((all[0] + all[1]) + (all[2] + all[3])) + ((all[4] + all[5]) + (all[6] + all[7]));
  for (; i < count; i++) sum += (double)a[i] * (double)b[i];
  return sum;
}

static void NAME(encode)(const float *row, size_t width, uint8_t *panel, float *scale, float *error, float *norm) {
  float most = 0;
  double square = NAME(dot)(row, row, width);
  for (size_t i = 0; i < width; i++) most = fmaxf(most, fabsf(row[i]));
  // Beyond this, sums of squares in single precision would overflow; NaN does not compare either.
  int fits = square < 1e30;
  float step = fits ? most / 127 : 0;
  double lost = 0, kept = 0;
  for (size_t i = 0; i < width; i++) {
    float code = step > 0 ? rintf(row[i] / step) : 0;
    code = code > 127 ? 127 : code < -127 ? -127 : code;
    double value = (double)step * (double)code, rest = (double)row[i] - value;
    lost += rest * rest;
    kept += value * value;
    panel[i / 4 * (4 * CK_PANEL_ROWS) + i % 4] = (uint8_t)((int)code + 128);
  }
  // Roundings of these sums and of those to single precision are far below one part in 2²⁰, or below 2⁻¹⁴⁸.
  *scale = step;
  *error = fits ? (float)(sqrt(lost) * (1 + 0x1p-20) + 0x1p-148) : INFINITY;
  *norm = fits ? (float)(sqrt(kept) * (1 + 0x1p-20) + 0x1p-148) : 0;
}

#undef INTS
#undef FLOATS
#undef DOUBLES
