// Sums of many depths with few rows and columns, as for the gradients of weights: a chunk reads its part of A and B
// once, in the order of memory, while its sums stay in the L2 cache. Included by gemm_kernels.h.

static void NAME(multiply_deep)(const ck_gemm_chunk *chunk) {
  float *sums = (float *)chunk->scratch + BLOCK_TILES * TILE_WORDS;
  word *packed_b = (word *)(sums + CHUNK_ROWS * CHUNK_COLUMNS);
  ptrdiff_t step = ck_gemm_block_depth(&NAME(kernels), chunk->depth);
  ptrdiff_t width = chunk->column1 - chunk->column0;
  NAME(block) block = {
      .column0 = chunk->column0,
      .column1 = chunk->column1,
      .sums_stride = pieces(width, TILE_COLUMNS) * TILE_COLUMNS,
  };
  for (block.depth0 = 0; !block.last; block.depth0 += step) {
    block.depth = least(step, chunk->depth - block.depth0);
    block.first = block.depth0 == 0;
    block.last = block.depth0 + block.depth >= chunk->depth;
    NAME(pack_b)(&chunk->b, block.depth0, block.depth, block.column0, block.column1, chunk->columns, packed_b);
    // What comes next are the depths that follow, or the first ones of another chunk.
    bool leaves = block.last && chunk->next_row0 >= 0;
    ptrdiff_t next_depth0 = leaves ? 0 : block.depth0 + block.depth;
    ptrdiff_t next_depth = least(step, chunk->depth - next_depth0);
    ptrdiff_t next_row = leaves ? chunk->next_row0 : chunk->row0;
    ptrdiff_t next_column = leaves ? chunk->next_column0 : chunk->column0;
    block.row0 = chunk->row0;
    block.row1 = chunk->row1;
    NAME(upcoming) next_b = NAME(part_of)(&chunk->b, next_depth0, next_depth, next_column,
                                          least(width, chunk->columns - next_column), NAME(tile_count)(&block));
    for (; block.row0 < chunk->row1; block.row0 = block.row1) {
      block.row1 = least(chunk->row1, block.row0 + DEEP_ROWS);
      block.sums = sums + (block.row0 - chunk->row0) * block.sums_stride;
      NAME(upcoming) next_a;
      if (block.row1 < chunk->row1) {
        next_a = NAME(part_of)(&chunk->a, block.row1, least(chunk->row1 - block.row1, DEEP_ROWS), block.depth0,
                               block.depth, NAME(tile_count)(&block));
      } else {
        next_a = NAME(part_of)(&chunk->a, next_row, least(chunk->row1 - chunk->row0, DEEP_ROWS), next_depth0,
                               next_depth, NAME(tile_count)(&block));
      }
      NAME(multiply_block)(chunk, &block, packed_b, &next_a, &next_b);
    }
  }
}
