// The register tile on which all of convolution stands: up to CONV_ROWS × (CONV_VECTORS · CONV_LANES) sums that stay in
// registers while the reduction runs. A is read where it lies, one 32-bit word (a float, or a pair of bf16: see PAIR)
// at a time and broadcast; so the rows may be any pixels and no copy of A is needed. B is packed.

typedef struct {
  const char *const *a;  // [segments][a_rows]: where each row of A starts
  int64_t a_rows;
  int64_t segments, depth;  // `depth` words of A in each segment,
  int64_t a_start, a_step;  // the first `a_start` bytes on, the others `a_step` bytes apart
  const char *b;           // segments × depth rows of `vectors` vectors
  int64_t b_step;          // bytes
  float *sums;             // partial sums, used if `resume` or if `out` is NULL
  int64_t sums_step;
  int resume;              // add to `sums`
  const float *bias;       // NULL, or what the sums start from
  void *const *out;        // [rows] or NULL
  ck_conv_type out_type;
  int64_t valid;           // columns that exist in `bias` and `out`
  const char *next;        // memory that later tiles need: each of the first `asked` steps asks for a line of it
  int64_t asked;
} conv_tile;

// sums + a · b for a float, or for both halves of a pair.
ALWAYS vf multiply_word(ck_conv_type type, vf sums, const char *a, vf b) {
#if defined(CONV_DOT)
  if (type == CK_CONV_BF16) {
    uint32_t pair;
    memcpy(&pair, a, 4);
    return CONV_DOT(sums, (vu)(pair), b);
  }
#endif
  float x;
  memcpy(&x, a, 4);
  return (vf)(x)*b + sums;
}

// Of the lines of `bytes` bytes, of which the tiles before this one asked for `done`, those for `steps` more steps.
ALWAYS int64_t lines_left(int64_t done, int64_t bytes, int64_t steps) {
  return done < bytes ? least(steps, (bytes - done + 63) / 64) : 0;
}

#define UNROLLED _Pragma("clang loop unroll(full)")

// One step of the reduction: a word of each row, `at` bytes from where it starts.
ALWAYS void add_depth(const ck_conv_type type, const int rows, const int vectors, const char *const *a, int64_t at,
                      const char *b, vf sum[CONV_ROWS][CONV_VECTORS]) {
  vf weights[CONV_VECTORS];
  UNROLLED for (int v = 0; v < vectors; v++) weights[v] = load((const float *)b + v * CONV_LANES);
  UNROLLED for (int m = 0; m < rows; m++)
    UNROLLED for (int v = 0; v < vectors; v++) sum[m][v] = multiply_word(type, sum[m][v], a[m] + at, weights[v]);
}

ALWAYS void run_tile(const ck_conv_type type, const int rows, const int vectors, const conv_tile *t) {
  vf sum[CONV_ROWS][CONV_VECTORS];
  UNROLLED for (int v = 0; v < vectors; v++) {
    vf start = t->bias ? load_some(CK_CONV_F32, t->bias + v * CONV_LANES, t->valid - v * CONV_LANES) : (vf)(0);
    UNROLLED for (int m = 0; m < rows; m++) sum[m][v] = start;
  }
  const char *b = t->b;
  const int64_t depth = t->depth, a_step = t->a_step, b_step = t->b_step;
  const char *next = t->next;
  int64_t asked = t->asked;
  for (int64_t s = 0; s < t->segments; s++) {
    const char *a[CONV_ROWS];
    UNROLLED for (int m = 0; m < rows; m++) a[m] = t->a[s * t->a_rows + m];
    int64_t at = t->a_start;
    const int64_t asking = least(asked, depth);
    asked -= asking;
    int64_t k = 0;
    for (; k < asking; k++, next += 64, at += a_step, b += b_step) {
      // Into the second-level cache: one request at a time, so that the way from the third costs nothing here.
      __builtin_prefetch(next, 0, 2);
      add_depth(type, rows, vectors, a, at, b, sum);
    }
    // The other steps ask for nothing: loads are what this loop lacks (see gemm_tile.h).
    for (; k < depth; k++, at += a_step, b += b_step) add_depth(type, rows, vectors, a, at, b, sum);
  }
  // Earlier sums come last: the products need not wait for them.
  float *sums = t->sums;
  const int64_t sums_step = t->sums_step;
  if (t->resume)
    UNROLLED for (int m = 0; m < rows; m++)
      UNROLLED for (int v = 0; v < vectors; v++) sum[m][v] += load(sums + m * sums_step + v * CONV_LANES);
  if (!t->out) {
    UNROLLED for (int m = 0; m < rows; m++)
      UNROLLED for (int v = 0; v < vectors; v++) store(sums + m * sums_step + v * CONV_LANES, sum[m][v]);
    return;
  }
  UNROLLED for (int m = 0; m < rows; m++)
    UNROLLED for (int v = 0; v < vectors; v++) {
      char *out = (char *)t->out[m] + v * CONV_LANES * (t->out_type == CK_CONV_BF16 ? 2 : 4);
      store_some(t->out_type, out, sum[m][v], t->valid - v * CONV_LANES);
    }
}

// One function for every shape of tile: types × vectors × rows.
#define TILE(TYPE, ROWS, VECTORS) \
  static void tile_##TYPE##_##ROWS##_##VECTORS(const conv_tile *t) { run_tile(TYPE, ROWS, VECTORS, t); }
#define TILES_OF(TYPE, VECTORS) \
  TILE(TYPE, 1, VECTORS) TILE(TYPE, 2, VECTORS) TILE(TYPE, 3, VECTORS) TILE(TYPE, 4, VECTORS) TILE(TYPE, 5, VECTORS) TILE(TYPE, 6, VECTORS)
#define NAMES_OF(TYPE, VECTORS) \
  { tile_##TYPE##_1_##VECTORS, tile_##TYPE##_2_##VECTORS, tile_##TYPE##_3_##VECTORS, \
    tile_##TYPE##_4_##VECTORS, tile_##TYPE##_5_##VECTORS, tile_##TYPE##_6_##VECTORS }
#if CONV_VECTORS > 2
#define TILES(TYPE) TILES_OF(TYPE, 1) TILES_OF(TYPE, 2) TILES_OF(TYPE, 3) TILES_OF(TYPE, 4)
#define NAMES(TYPE) {NAMES_OF(TYPE, 1), NAMES_OF(TYPE, 2), NAMES_OF(TYPE, 3), NAMES_OF(TYPE, 4)}
#else
#define TILES(TYPE) TILES_OF(TYPE, 1) TILES_OF(TYPE, 2)
#define NAMES(TYPE) {NAMES_OF(TYPE, 1), NAMES_OF(TYPE, 2)}
#endif

TILES(CK_CONV_F32)
#if defined(CONV_DOT)
TILES(CK_CONV_BF16)
#endif

static void (*const tiles[PAIR][CONV_VECTORS][CONV_ROWS])(const conv_tile *) = {
  NAMES(CK_CONV_F32),
#if defined(CONV_DOT)
  NAMES(CK_CONV_BF16),
#endif
};

// `type` is packed_type's.
ALWAYS void tile_sums(ck_conv_type type, int64_t rows, int64_t block, const conv_tile *t) {
  tiles[PAIR == 2 ? type : CK_CONV_F32][block / CONV_LANES - 1][rows - 1](t);
}
