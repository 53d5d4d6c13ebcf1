// The register tile on which all of convolution stands: up to CONV_ROWS × (CONV_VECTORS · CONV_LANES) sums that stay in
// registers while the reduction runs. A is read where it lies, one 32-bit word (a float, or a pair of bf16) at a time
// and broadcast; so the rows may be any pixels and no copy of A is needed. B is packed.

typedef struct {
  const char *const *a;  // [segments][a_rows]: where each row of A starts
  int64_t a_rows;
  int64_t segments, depth;  // `depth` words of A in each segment,
  int64_t a_start, a_step;  // the first `a_start` bytes on, the others `a_step` bytes apart
  const char *b;           // segments × depth rows of `vectors` vectors
  int64_t b_step;          // bytes
  float *sums;             // partial sums, used if `resume` or if `out` is NULL
  int64_t sums_step;
  int resume;              // go on from `sums`, else from the bias, else from 0
  const float *bias;
  void *const *out;        // [rows] or NULL
  ck_conv_type out_type;
  int64_t valid;           // columns that exist in `bias` and `out`
  const char *next;        // NULL, or memory that later tiles need: a cache line of it is asked for at each step
} conv_tile;

// sums + a · b for a float, or for both halves of a pair.
ALWAYS vf multiply_word(ck_conv_type type, vf sums, const char *a, vf b) {
  if (type == CK_CONV_F32) {
    float x;
    memcpy(&x, a, 4);
    return (vf)(x)*b + sums;
  }
  uint32_t pair;
  memcpy(&pair, a, 4);
#if defined(CONV_DOT)
  return CONV_DOT(sums, (vu)(pair), b);
#else
  vu word = (vu)(pair), weights = (vu)b;
  sums = (vf)(word << 16) * (vf)(weights << 16) + sums;
  return (vf)(word & 0xffff0000u) * (vf)(weights & 0xffff0000u) + sums;
#endif
}

#define UNROLLED _Pragma("clang loop unroll(full)")

ALWAYS void run_tile(const ck_conv_type type, const int rows, const int vectors, const conv_tile *t) {
  vf sum[CONV_ROWS][CONV_VECTORS];
  UNROLLED for (int v = 0; v < vectors; v++) {
    vf start = t->bias && !t->resume ? load_some(CK_CONV_F32, t->bias + v * CONV_LANES, t->valid - v * CONV_LANES) : (vf)(0);
    UNROLLED for (int m = 0; m < rows; m++)
      sum[m][v] = t->resume ? load(t->sums + m * t->sums_step + v * CONV_LANES) : start;
  }
  const char *b = t->b;
  const int64_t depth = t->depth, a_step = t->a_step, b_step = t->b_step, next_step = t->next ? 64 : 0;
  const char *next = t->next ? t->next : b;
  for (int64_t s = 0; s < t->segments; s++) {
    const char *a[CONV_ROWS];
    UNROLLED for (int m = 0; m < rows; m++) a[m] = t->a[s * t->a_rows + m];
    int64_t at = t->a_start;
    for (int64_t k = 0; k < depth; k++) {
      // Into the second-level cache: one request at a time, so that the way from the third costs nothing here.
      __builtin_prefetch(next, 0, 2);
      next += next_step;
      vf weights[CONV_VECTORS];
      UNROLLED for (int v = 0; v < vectors; v++) weights[v] = load((const float *)b + v * CONV_LANES);
      UNROLLED for (int m = 0; m < rows; m++)
        UNROLLED for (int v = 0; v < vectors; v++) sum[m][v] = multiply_word(type, sum[m][v], a[m] + at, weights[v]);
      at += a_step;
      b += b_step;
    }
  }
  if (!t->out) {
    UNROLLED for (int m = 0; m < rows; m++)
      UNROLLED for (int v = 0; v < vectors; v++) store(t->sums + m * t->sums_step + v * CONV_LANES, sum[m][v]);
    return;
  }
  UNROLLED for (int m = 0; m < rows; m++)
    UNROLLED for (int v = 0; v < vectors; v++) {
      char *out = (char *)t->out[m] + v * CONV_LANES * (t->out_type == CK_CONV_BF16 ? 2 : 4);
      store_some(t->out_type, out, sum[m][v], t->valid - v * CONV_LANES);
    }
}

// One function for every shape of tile: 2 types × rows × vectors.
#define TILE(TYPE, ROWS, VECTORS) \
  static void tile_##TYPE##_##ROWS##_##VECTORS(const conv_tile *t) { run_tile(TYPE, ROWS, VECTORS, t); }
#define TILES_OF(TYPE, VECTORS) \
  TILE(TYPE, 1, VECTORS) TILE(TYPE, 2, VECTORS) TILE(TYPE, 3, VECTORS) TILE(TYPE, 4, VECTORS) TILE(TYPE, 5, VECTORS) TILE(TYPE, 6, VECTORS)
#define NAMES_OF(TYPE, VECTORS) \
  { tile_##TYPE##_1_##VECTORS, tile_##TYPE##_2_##VECTORS, tile_##TYPE##_3_##VECTORS, \
    tile_##TYPE##_4_##VECTORS, tile_##TYPE##_5_##VECTORS, tile_##TYPE##_6_##VECTORS }

TILES_OF(CK_CONV_F32, 1) TILES_OF(CK_CONV_F32, 2) TILES_OF(CK_CONV_BF16, 1) TILES_OF(CK_CONV_BF16, 2)
#if CONV_VECTORS > 2
TILES_OF(CK_CONV_F32, 3) TILES_OF(CK_CONV_F32, 4) TILES_OF(CK_CONV_BF16, 3) TILES_OF(CK_CONV_BF16, 4)
#endif

static void (*const tiles[2][CONV_VECTORS][CONV_ROWS])(const conv_tile *) = {
#if CONV_VECTORS > 2
  {NAMES_OF(CK_CONV_F32, 1), NAMES_OF(CK_CONV_F32, 2), NAMES_OF(CK_CONV_F32, 3), NAMES_OF(CK_CONV_F32, 4)},
  {NAMES_OF(CK_CONV_BF16, 1), NAMES_OF(CK_CONV_BF16, 2), NAMES_OF(CK_CONV_BF16, 3), NAMES_OF(CK_CONV_BF16, 4)},
#else
  {NAMES_OF(CK_CONV_F32, 1), NAMES_OF(CK_CONV_F32, 2)},
  {NAMES_OF(CK_CONV_BF16, 1), NAMES_OF(CK_CONV_BF16, 2)},
#endif
};

ALWAYS void tile_sums(ck_conv_type type, int64_t rows, int64_t block, const conv_tile *t) {
  tiles[type][block / CONV_LANES - 1][rows - 1](t);
}
