// Sums of many depths with few rows and columns, as for the gradients of weights: the depths are split, and each split
// reads its part of A and B once, in the order of memory. Included by gemm_kernels.h.

static void NAME(sum_split)(const ck_gemm_chunk *chunk) {
  const ck_gemm_kernels *kernels = &NAME(kernels);
  char *packed_b = (char *)chunk->scratch + BLOCK_TILES * TILE_WORDS * sizeof(word);
  ptrdiff_t step = ck_gemm_block_depth(kernels, chunk->depth1 - chunk->depth0);
  ptrdiff_t width = NAME(even_part)(chunk->column1 - chunk->column0, SPLIT_COLUMNS, TILE_COLUMNS);
  NAME(block) block = {.sums_stride = chunk->sums_stride};
  for (block.depth0 = chunk->depth0; block.depth0 < chunk->depth1; block.depth0 += step) {
    block.depth = least(step, chunk->depth1 - block.depth0);
    block.first = block.depth0 == chunk->depth0;
    ptrdiff_t next_depth0 = block.depth0 + block.depth;
    ptrdiff_t next_depth = least(step, chunk->depth1 - next_depth0);
    if (next_depth == 0 && chunk->next_depth0 >= 0) {
      next_depth0 = chunk->next_depth0;
      next_depth = least(step, chunk->depth - next_depth0);
    }
    for (block.column0 = chunk->column0; block.column0 < chunk->column1; block.column0 = block.column1) {
      block.column1 = least(chunk->column1, block.column0 + width);
      NAME(pack_b)(&chunk->b, block.depth0, block.depth, block.column0, block.column1, chunk->columns, packed_b);
      // The same columns of the next depths.
      block.row0 = chunk->row0;
      block.row1 = chunk->row1;
      NAME(upcoming) next_b = NAME(part_of)(&chunk->b, next_depth0, next_depth, block.column0,
                                            block.column1 - block.column0, NAME(tile_count)(&block));
      for (; block.row0 < chunk->row1; block.row0 = block.row1) {
        block.row1 = least(chunk->row1, block.row0 + SPLIT_ROWS);
        block.sums = chunk->sums + block.row0 * chunk->sums_stride + block.column0;
        bool end = block.row1 == chunk->row1;
        ptrdiff_t row = end ? chunk->row0 : block.row1;
        NAME(upcoming) next_a = NAME(part_of)(
            &chunk->a, row, least(chunk->row1 - row, SPLIT_ROWS), end ? next_depth0 : block.depth0,
            end ? next_depth : block.depth, NAME(tile_count)(&block));
        NAME(multiply_block)(chunk, &block, (const word *)packed_b, &next_a, &next_b);
      }
    }
  }
}

static void NAME(join_splits)(const ck_gemm_chunk *chunk, ptrdiff_t splits, ptrdiff_t split_stride) {
  float tile[TILE_ROWS * TILE_COLUMNS] __attribute__((aligned(64)));
  for (ptrdiff_t i = chunk->row0; i < chunk->row1; i += TILE_ROWS)
    for (ptrdiff_t j = chunk->column0; j < chunk->column1; j += TILE_COLUMNS) {
      int rows = (int)least(chunk->row1 - i, TILE_ROWS);
      for (int r = 0; r < rows; r++)
        for (int v = 0; v < TILE_COLUMNS; v += LANES) {
          const float *sums = chunk->sums + (i + r) * chunk->sums_stride + j + v;
          vf x = load_floats(sums);
          for (ptrdiff_t s = 1; s < splits; s++) x += load_floats(sums + s * split_stride);
          store_floats(tile + r * TILE_COLUMNS + v, x);
        }
      NAME(finish)(chunk, tile, NULL, 0, i, rows, j, least(chunk->column1 - j, TILE_COLUMNS));
    }
}
