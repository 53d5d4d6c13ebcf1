// One chunk of a product: its blocks of rows and depths, and what happens to a finished tile. Included by
// gemm_kernels.h.

/// Bias, activation, residual: `tile` and, where there are some, the sums of the earlier depths become C.
INLINE void NAME(finish)(const ck_gemm_chunk *chunk, const float *tile, const float *sums, ptrdiff_t sums_stride,
                         ptrdiff_t row, int rows, ptrdiff_t column, ptrdiff_t columns) {
  const ck_epilogue *e = &chunk->epilogue;
  for (int i = 0; i < rows; i++) {
    ptrdiff_t r = row + i;
    for (ptrdiff_t j = 0; j < columns; j += LANES) {
      ptrdiff_t c = column + j, count = columns - j;
      vf x = load_floats(tile + i * TILE_COLUMNS + j);
      if (sums) x += load_floats(sums + i * sums_stride + j);
      if (e->bias) x += load_values(e->bias + c, CK_F32, count);
      if (e->pre) {
        char *pre = (char *)element_at(e->pre, chunk->c_element, r * e->pre_stride + c);
        store_values(pre, chunk->c_element, count, x);
      }
      if (e->slope_at) {
        const char *at = element_at(e->slope_at, e->slope_element, r * e->slope_stride + c);
        x *= activation_slope(e->activation, load_values(at, e->slope_element, count));
      } else {
        x = activate(e->activation, x);
      }
      if (e->residual) {
        const char *at = element_at(e->residual, e->residual_element, r * e->residual_stride + c);
        x += load_values(at, e->residual_element, count);
      }
      char *out = (char *)element_at(chunk->c, chunk->c_element, r * chunk->c_stride + c);
      if (chunk->accumulate) x += load_values(out, chunk->c_element, count);
      store_values(out, chunk->c_element, count, x);
    }
  }
}

/// Whether C can hold the sums itself from the first block of depths to the last.
INLINE bool NAME(is_plain)(const ck_gemm_chunk *chunk) {
  const ck_epilogue *e = &chunk->epilogue;
  return chunk->c_element == CK_F32 && !e->bias && e->activation == CK_ACTIVATION_NONE && !e->pre && !e->residual;
}

typedef struct {
  ptrdiff_t row0, row1, column0, column1, depth;
  bool first, last;  // of all blocks of depths
  float *sums;       // of (row0, column0)
  ptrdiff_t sums_stride;
} NAME(block);

/// Rows × columns of C over one block of depths. `b` is column0's panel.
static void NAME(multiply_block)(const ck_gemm_chunk *chunk, const NAME(block) * block, const word *a, const word *b) {
  float tile[TILE_ROWS * TILE_COLUMNS] __attribute__((aligned(64)));
  ptrdiff_t groups = (block->depth + GROUP - 1) / GROUP;
  bool plain = NAME(is_plain)(chunk);
  for (ptrdiff_t j = block->column0; j < block->column1; j += TILE_COLUMNS, b += groups * TILE_COLUMNS) {
    ptrdiff_t columns = block->column1 - j < TILE_COLUMNS ? block->column1 - j : TILE_COLUMNS;
    bool in_place = plain && columns % LANES == 0;
    for (ptrdiff_t i = block->row0; i < block->row1; i += TILE_ROWS) {
      int rows = block->row1 - i < TILE_ROWS ? (int)(block->row1 - i) : TILE_ROWS;
      float *sums = block->sums + (i - block->row0) * block->sums_stride + (j - block->column0);
      float *out = tile;
      ptrdiff_t stride = TILE_COLUMNS;
      bool add = false;
      if (in_place) {
        out = (float *)chunk->c + i * chunk->c_stride + j;
        stride = chunk->c_stride;
        add = chunk->accumulate || !block->first;
      } else if (!block->last) {
        out = sums;
        stride = block->sums_stride;
        add = !block->first;
      }
      NAME(tiles)[!chunk->a.transposed][columns > LANES][rows - 1](
          groups, a + (i - block->row0) * ROW_STRIDE, b, out, stride, add);
      if (out == tile)
        NAME(finish)(chunk, tile, block->first ? NULL : sums, block->sums_stride, i, rows, j, columns);
    }
  }
}

INLINE ptrdiff_t NAME(least)(ptrdiff_t a, ptrdiff_t b) { return a < b ? a : b; }

static void NAME(multiply)(const ck_gemm_chunk *chunk) {
  const ck_gemm_kernels *kernels = &NAME(kernels);
  word *packed_a = chunk->scratch;
  float *own_sums = (float *)(packed_a + CHUNK_ROWS * ROW_STRIDE);
  ptrdiff_t step = ck_gemm_block_depth(kernels, chunk->depth);
  ptrdiff_t panels = (chunk->columns + TILE_COLUMNS - 1) / TILE_COLUMNS;
  for (ptrdiff_t column = chunk->column0; column < chunk->column1; column += CHUNK_COLUMNS) {
    for (ptrdiff_t row = chunk->row0; row < chunk->row1; row += CHUNK_ROWS) {
      NAME(block) block = {
          .row0 = row,
          .row1 = NAME(least)(chunk->row1, row + CHUNK_ROWS),
          .column0 = column,
          .column1 = NAME(least)(chunk->column1, column + CHUNK_COLUMNS),
          .sums = chunk->sums ? chunk->sums + row * chunk->sums_stride + column : own_sums,
          .sums_stride = chunk->sums ? chunk->sums_stride : CHUNK_COLUMNS,
      };
      ptrdiff_t p = chunk->depth0;
      do {  // once even where there is no depth at all: the sums are zero then
        block.depth = NAME(least)(step, chunk->depth1 - p);
        block.first = p == 0;
        block.last = p + block.depth >= chunk->depth;
        const char *b = chunk->packed_b;
        b += (size_t)panels * ck_gemm_panel_bytes(kernels, p - chunk->depth0);
        b += (size_t)(column / TILE_COLUMNS) * ck_gemm_panel_bytes(kernels, block.depth);
        NAME(pack_a)(&chunk->a, row, block.row1 - row, p, block.depth, packed_a);
        NAME(multiply_block)(chunk, &block, packed_a, (const word *)b);
        p += step;
      } while (p < chunk->depth1);
    }
  }
}
