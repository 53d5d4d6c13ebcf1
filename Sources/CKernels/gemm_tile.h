// The innermost loop: a tile of C stays in registers while depth after depth is added to it. Included by
// gemm_kernels.h, once for each kind of packed word.

/// c (+)= a · b for `rows` rows and `vectors` vectors of columns, both known when this is compiled. Every depth asks for
/// a line of memory that will be wanted soon, from `ahead`.
INLINE void NAME(sum_tile)(int rows, int vectors, bool by_row, ptrdiff_t depth, const word *a, const word *b, float *c,
                           ptrdiff_t c_stride, bool add, const char *const *ahead) {
  vf sum[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) sum[i][v] = (vf){0};
#pragma clang loop unroll_count(2)
  for (ptrdiff_t p = 0; p < depth; p++) {
    __builtin_prefetch(ahead[p], 0, 2);
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
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      float *out = c + i * c_stride + v * LANES;
      store_floats(out, add ? load_floats(out) + sum[i][v] : sum[i][v]);
    }
}

typedef void (*NAME(tile_function))(ptrdiff_t depth, const word *a, const word *b, float *c, ptrdiff_t c_stride,
                                    bool add, const char *const *ahead);

// A function for every height of a tile; heights that this level does not have repeat its full one and stay unused.
#define TILE_FUNCTION(rows, vectors, layout)                                                                      \
  static void NAME(tile_##rows##_##vectors##_##layout)(ptrdiff_t depth, const word *a, const word *b, float *c,   \
                                                       ptrdiff_t c_stride, bool add,                              \
                                                       const char *const *ahead) {                                \
    NAME(sum_tile)(rows, vectors, layout, depth, a, b, c, c_stride, add, ahead);                                  \
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
