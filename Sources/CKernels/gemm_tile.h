// The innermost loop: a tile of C stays in registers while depth after depth is added to it. Included by
// gemm_kernels.h, once for each kind of packed word.

/// How many depths are written out in a row: fifty multiply-adds or so.
#define TILE_DEPTHS (TILE_ROWS > 8 ? 2 : 4)

/// One depth of a tile.
INLINE void NAME(add_depth)(int rows, int vectors, bool by_row, ptrdiff_t p, const word *a, const word *b,
                            vf sum[TILE_ROWS][TILE_VECTORS]) {
  vu right[TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) right[v] = load_words(b + p * TILE_COLUMNS + v * LANES);
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    word left = by_row ? a[i * ROW_STRIDE + p] : a[p * DEPTH_STRIDE + i];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[i][v] = MULTIPLY_ADD(sum[i][v], left, right[v]);
  }
}

/// c (+)= a · b for `rows` rows and `vectors` vectors of columns, both known when this is compiled. Each of the first
/// `asked` depths asks for a line of memory that will be wanted soon. The others shall not ask at all: where another
/// program shares the core, loads are what the loop lacks, and one more a depth costs 5 to 7 % of it (Zen 3).
INLINE void NAME(sum_tile)(int rows, int vectors, bool by_row, ptrdiff_t depth, const word *a, const word *b, float *c,
                           ptrdiff_t c_stride, bool add, const char *const *ahead, ptrdiff_t asked) {
  vf sum[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[i][v] = (vf){0};
  ptrdiff_t p = 0;
  for (; p < asked; p++) {
    __builtin_prefetch(ahead[p], 0, 2);
    NAME(add_depth)(rows, vectors, by_row, p, a, b, sum);
  }
#pragma clang loop unroll_count(TILE_DEPTHS)
  for (; p < depth; p++) NAME(add_depth)(rows, vectors, by_row, p, a, b, sum);
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      float *out = c + i * c_stride + v * LANES;
      store_floats(out, add ? load_floats(out) + sum[i][v] : sum[i][v]);
    }
}

typedef void (*NAME(tile_function))(ptrdiff_t depth, const word *a, const word *b, float *c, ptrdiff_t c_stride,
                                    bool add, const char *const *ahead, ptrdiff_t asked);

// A function for every height of a tile; heights that this level does not have repeat its full one and stay unused.
#define TILE_FUNCTION(rows, vectors, layout)                                                                      \
  static void NAME(tile_##rows##_##vectors##_##layout)(ptrdiff_t depth, const word *a, const word *b, float *c,   \
                                                       ptrdiff_t c_stride, bool add,                              \
                                                       const char *const *ahead, ptrdiff_t asked) {               \
    NAME(sum_tile)(rows, vectors, layout, depth, a, b, c, c_stride, add, ahead, asked);                           \
  }
#define TILE_ENTRY(rows, vectors, layout) NAME(tile_##rows##_##vectors##_##layout),

EACH_TILE_ROWS(TILE_FUNCTION, 1, true)
EACH_TILE_ROWS(TILE_FUNCTION, 2, true)
EACH_TILE_ROWS(TILE_FUNCTION, 1, false)
EACH_TILE_ROWS(TILE_FUNCTION, 2, false)

/// [by row][vectors − 1][rows − 1]
static const NAME(tile_function) NAME(tiles)[2][TILE_VECTORS][TILE_ROWS] = {
    {{EACH_TILE_ROWS(TILE_ENTRY, 1, false)}, {EACH_TILE_ROWS(TILE_ENTRY, 2, false)}},
    {{EACH_TILE_ROWS(TILE_ENTRY, 1, true)}, {EACH_TILE_ROWS(TILE_ENTRY, 2, true)}},
};

#undef TILE_FUNCTION
#undef TILE_ENTRY
#undef TILE_DEPTHS
