// One chunk of a product: its blocks of rows and depths, and what happens to a finished tile. Included by
// gemm_kernels.h.

/// Bias, activation, residual: `tile` and, where there are some, the sums of the earlier depths become C. The element
/// type, the activation and whether all vectors are whole are known when this is compiled: to decide that for every
/// vector took a fifth of a product of 192 depths.
INLINE void NAME(finish_as)(ck_element element, ck_activation activation, bool whole, const ck_gemm_chunk *chunk,
                            const float *tile, const float *sums, ptrdiff_t sums_stride, ptrdiff_t row, int rows,
                            ptrdiff_t column, ptrdiff_t columns) {
  const ck_epilogue e = chunk->epilogue;  // a copy, which no store into C can change
  const bool coarse = element == CK_BF16, accumulate = chunk->accumulate;
  const ptrdiff_t c_stride = chunk->c_stride;
  for (ptrdiff_t j = 0; j < columns; j += LANES) {
    ptrdiff_t count = whole ? LANES : columns - j, at = column + j;
    vf bias = e.bias ? load_values(e.bias + at, CK_F32, count) : (vf){0};
    const char *slope_at = element_at(e.slope_at, e.slope_element, row * e.slope_stride + at);
    const char *residual = element_at(e.residual, e.residual_element, row * e.residual_stride + at);
    char *pre = (char *)element_at(e.pre, element, row * e.pre_stride + at);
    char *out = (char *)element_at(chunk->c, element, row * c_stride + at);
    for (int i = 0; i < rows; i++) {
      vf x = load_floats(tile + i * TILE_COLUMNS + j);
      if (sums) x += load_floats(sums + i * sums_stride + j);
      if (e.bias) x += bias;
      if (e.pre) store_values((char *)element_at(pre, element, i * e.pre_stride), element, count, x);
      if (e.slope_at) {
        const char *from = element_at(slope_at, e.slope_element, i * e.slope_stride);
        x *= activation_slope(coarse, activation, load_values(from, e.slope_element, count));
      } else {
        x = activate(coarse, activation, x);
      }
      if (e.residual) {
        x += load_values(element_at(residual, e.residual_element, i * e.residual_stride), e.residual_element, count);
      }
      char *to = (char *)element_at(out, element, i * c_stride);
      if (accumulate) x += load_values(to, element, count);
      store_values(to, element, count, x);
    }
  }
}

static void NAME(finish)(const ck_gemm_chunk *chunk, const float *tile, const float *sums, ptrdiff_t sums_stride,
                         ptrdiff_t row, int rows, ptrdiff_t column, ptrdiff_t columns) {
#define FINISH(element, activation, whole)                                                                    \
  return NAME(finish_as)(element, activation, whole, chunk, tile, sums, sums_stride, row, rows, column, columns)
#define FINISH_WHOLE(activation)                                       \
  case activation:                                                     \
    if (chunk->c_element == CK_F32) FINISH(CK_F32, activation, true); \
    FINISH(CK_BF16, activation, true)
  if (columns % LANES != 0) {
    if (chunk->c_element == CK_F32) FINISH(CK_F32, chunk->epilogue.activation, false);
    FINISH(CK_BF16, chunk->epilogue.activation, false);
  }
  switch (chunk->epilogue.activation) {
    FINISH_WHOLE(CK_ACTIVATION_NONE);
    FINISH_WHOLE(CK_ACTIVATION_RELU);
    FINISH_WHOLE(CK_ACTIVATION_GELU);
    FINISH_WHOLE(CK_ACTIVATION_GELU_TANH);
    FINISH_WHOLE(CK_ACTIVATION_QUICK_GELU);
  }
#undef FINISH_WHOLE
#undef FINISH
}

/// What the tile that is computed next asks for on the way, a line with every depth: a burst of requests would fill the
/// queue of misses and keep the tile's own loads waiting.
typedef struct {
  const char *lines[BLOCK_WORDS];
  ptrdiff_t count;
} NAME(lines);

INLINE const char *NAME(line_of)(const char *at) { return at - (uintptr_t)at % 64; }

INLINE void NAME(fetch_rows)(NAME(lines) * ahead, const void *base, ck_element element, ptrdiff_t stride, ptrdiff_t row, int rows,
                             ptrdiff_t column, ptrdiff_t columns) {
  ptrdiff_t count = ahead->count;
  for (int i = 0; i < rows; i++) {
    const char *at = element_at(base, element, (row + i) * stride + column), *end = element_at(at, element, columns);
    for (const char *line = NAME(line_of)(at); line < end && count < BLOCK_WORDS; line += 64) ahead->lines[count++] = line;
  }
  ahead->count = count;
}

/// What `finish` will read comes from memory while the tile is being computed.
static void NAME(fetch_for_finish)(NAME(lines) * ahead, const ck_gemm_chunk *chunk, ptrdiff_t row, int rows, ptrdiff_t column,
                                   ptrdiff_t columns) {
  const ck_epilogue *e = &chunk->epilogue;
  if (e->slope_at) NAME(fetch_rows)(ahead, e->slope_at, e->slope_element, e->slope_stride, row, rows, column, columns);
  if (e->residual) NAME(fetch_rows)(ahead, e->residual, e->residual_element, e->residual_stride, row, rows, column, columns);
  if (chunk->accumulate) NAME(fetch_rows)(ahead, chunk->c, chunk->c_element, chunk->c_stride, row, rows, column, columns);
}

/// Whether C can hold the sums itself from the first block of depths to the last.
INLINE bool NAME(is_plain)(const ck_gemm_chunk *chunk) {
  const ck_epilogue *e = &chunk->epilogue;
  return chunk->c_element == CK_F32 && !e->bias && e->activation == CK_ACTIVATION_NONE && !e->pre && !e->residual;
}

/// The part of a matrix that will be packed next: it is fetched while the current one computes, a little with every
/// tile.
typedef struct {
  const char *row, *line;   // the next line, and the row in memory to which it belongs
  ptrdiff_t stride, bytes;  // of a row
  ptrdiff_t rows;           // that are left
  ptrdiff_t share;          // lines for every tile
} NAME(upcoming);

INLINE NAME(upcoming) NAME(upcoming_rows)(const char *row, ptrdiff_t stride, ptrdiff_t bytes, ptrdiff_t rows, ptrdiff_t tiles) {
  return (NAME(upcoming)){row, NAME(line_of)(row), stride, bytes, rows, pieces(rows * (bytes / 64 + 1), tiles)};
}

INLINE void NAME(fetch)(NAME(lines) * ahead, NAME(upcoming) * next) {
  if (next->rows == 0) return;
  NAME(upcoming) n = *next;
  const ptrdiff_t end = least(ahead->count + n.share, BLOCK_WORDS);
  ptrdiff_t count = ahead->count;
  for (; count < end && n.rows > 0; count++) {
    ahead->lines[count] = n.line;
    n.line += 64;
    if (n.line < n.row + n.bytes) continue;
    n.rows--;
    n.row += n.stride;
    n.line = NAME(line_of)(n.row);
  }
  ahead->count = count;
  *next = n;
}

typedef struct {
  ptrdiff_t row0, row1, column0, column1, depth0, depth;
  bool first, last;  // of all blocks of depths
  bool in_place;     // C itself holds the sums
  float *sums;       // of (row0, column0)
  ptrdiff_t sums_stride;
} NAME(block);

/// The tile of C at row i and column j, over one block of depths.
INLINE void NAME(multiply_tile)(const ck_gemm_chunk *chunk, const NAME(block) * block, const word *a, const word *panel,
                                ptrdiff_t i, ptrdiff_t j, float *tile, NAME(lines) * ahead, NAME(upcoming) * next_a,
                                NAME(upcoming) * next_b) {
  int rows = block->row1 - i < TILE_ROWS ? (int)(block->row1 - i) : TILE_ROWS;
  ptrdiff_t columns = block->column1 - j < TILE_COLUMNS ? block->column1 - j : TILE_COLUMNS;
  ptrdiff_t groups = (block->depth + GROUP - 1) / GROUP;
  float *sums = block->sums + (i - block->row0) * block->sums_stride + (j - block->column0);
  float *out = tile;
  ptrdiff_t stride = TILE_COLUMNS;
  bool add = false;
  if (block->in_place && columns % LANES == 0) {
    out = (float *)chunk->c + i * chunk->c_stride + j;
    stride = chunk->c_stride;
    add = chunk->accumulate || !block->first;
  } else if (!block->last) {
    out = sums;
    stride = block->sums_stride;
    add = !block->first;
  }
  if (out == tile) NAME(fetch_for_finish)(ahead, chunk, i, rows, j, columns);
  NAME(fetch)(ahead, next_a);
  NAME(fetch)(ahead, next_b);
  ptrdiff_t asked = least(ahead->count, groups);
  for (ptrdiff_t n = asked; n < ahead->count; n++) __builtin_prefetch(ahead->lines[n], 0, 2);
  ahead->count = 0;
  NAME(tiles)[!chunk->a.transposed][columns > LANES][rows - 1](groups, a, panel, out, stride, add, ahead->lines, asked);
  if (out == tile) NAME(finish)(chunk, tile, block->first ? NULL : sums, block->sums_stride, i, rows, j, columns);
}

/// Rows × columns of C over one block of depths. `b` is column0's panel. Each tile of A stays in the L1 cache and meets
/// all panels of B, which stream by from the L2 cache.
static void NAME(multiply_block)(const ck_gemm_chunk *chunk, const NAME(block) * block, const word *b,
                                 NAME(upcoming) * next_a, NAME(upcoming) * next_b) {
  float tile[TILE_ROWS * TILE_COLUMNS] __attribute__((aligned(64)));
  NAME(lines) ahead;
  ahead.count = 0;
  word *a = chunk->scratch;
  ptrdiff_t groups = (block->depth + GROUP - 1) / GROUP;
  const bool together = chunk->a.transposed;  // else each tile is packed when it is its turn
  for (ptrdiff_t i = block->row0; i < block->row1; i += TILE_ROWS) {
    ptrdiff_t left = block->row1 - i, rows = together ? left : least(left, TILE_ROWS);
    if (!together || i == block->row0) NAME(pack_a)(&chunk->a, i, rows, left, block->depth0, block->depth, a);
    const word *panel = b;
    for (ptrdiff_t j = block->column0; j < block->column1; j += TILE_COLUMNS, panel += groups * TILE_COLUMNS)
      NAME(multiply_tile)(chunk, block, a, panel, i, j, tile, &ahead, next_a, next_b);
    if (together) a += TILE_WORDS;
  }
}

/// The same for few rows, which come packed: each panel of B meets all of them while the next one is on its way from
/// memory. What follows the last panel is at `after`.
static void NAME(multiply_few)(const ck_gemm_chunk *chunk, const NAME(block) * block, const word *b, const char *after) {
  float tile[TILE_ROWS * TILE_COLUMNS] __attribute__((aligned(64)));
  NAME(lines) ahead;
  ahead.count = 0;
  ptrdiff_t step = ck_gemm_block_depth(&NAME(kernels), chunk->depth);
  ptrdiff_t tiles = (block->row1 - block->row0 + TILE_ROWS - 1) / TILE_ROWS;
  const word *rows = (const word *)chunk->packed_a + (block->depth0 - chunk->depth0) / step * tiles * TILE_WORDS;
  size_t panel_bytes = ck_gemm_panel_bytes(&NAME(kernels), block->depth);
  for (ptrdiff_t j = block->column0; j < block->column1; j += TILE_COLUMNS) {
    const char *panel = (const char *)b + (size_t)((j - block->column0) / TILE_COLUMNS) * panel_bytes;
    const char *next = j + TILE_COLUMNS < block->column1 ? panel + panel_bytes : after;
    NAME(upcoming) next_b = NAME(upcoming_rows)(next, 0, next ? (ptrdiff_t)panel_bytes : 0, next ? 1 : 0, tiles);
    for (ptrdiff_t t = 0; t < tiles; t++)
      NAME(multiply_tile)(chunk, block, rows + t * TILE_WORDS, (const word *)panel, block->row0 + t * TILE_ROWS, j, tile,
                          &ahead, &(NAME(upcoming)){0}, &next_b);
  }
}

/// The next block of depths of the same rows, or the first one of the next `height` rows; false at the end.
INLINE bool NAME(advance)(const ck_gemm_chunk *chunk, ptrdiff_t height, ptrdiff_t step, NAME(block) * block) {
  block->depth0 += step;
  if (block->depth0 >= chunk->depth1) {
    block->depth0 = chunk->depth0;
    block->row0 = block->row1;
    if (block->row0 >= chunk->row1) return false;
    block->row1 = least(chunk->row1, block->row0 + height);
  }
  block->depth = least(step, chunk->depth1 - block->depth0);
  return true;
}

/// The length of the parts into which `whole` is cut, at most `most` each and as equal as multiples of `unit` can be: a
/// short rest would read all of B for a few rows.
INLINE ptrdiff_t NAME(even_part)(ptrdiff_t whole, ptrdiff_t most, ptrdiff_t unit) {
  return pieces(pieces(whole, pieces(whole, most)), unit) * unit;
}

INLINE ptrdiff_t NAME(tile_count)(const NAME(block) * block) {
  return pieces(block->row1 - block->row0, TILE_ROWS) *
         pieces(block->column1 - block->column0, TILE_COLUMNS);
}

/// Lines first..<first + lines of a matrix as the product sees it, and of each the values from `offset` on.
INLINE NAME(upcoming) NAME(part_of)(const ck_matrix *x, ptrdiff_t first, ptrdiff_t lines, ptrdiff_t offset,
                                    ptrdiff_t count, ptrdiff_t tiles) {
  ptrdiff_t size = x->element == CK_F32 ? 4 : 2;
  ptrdiff_t row = x->transposed ? offset : first, column = x->transposed ? first : offset;
  return NAME(upcoming_rows)(element_at(x->data, x->element, row * x->stride + column), x->stride * size,
                             (x->transposed ? lines : count) * size, x->transposed ? count : lines, tiles);
}

/// The panel of packed_b that begins at a column, in the block of depths that begins at `depth0`.
INLINE const char *NAME(panel_at)(const ck_gemm_chunk *chunk, ptrdiff_t depth0, ptrdiff_t depth, ptrdiff_t column) {
  const ck_gemm_kernels *kernels = &NAME(kernels);
  ptrdiff_t panels = pieces(chunk->columns, TILE_COLUMNS);
  return (const char *)chunk->packed_b + (size_t)panels * ck_gemm_panel_bytes(kernels, depth0 - chunk->depth0) +
         (size_t)(column / TILE_COLUMNS) * ck_gemm_panel_bytes(kernels, depth);
}

/// All blocks of depths of one tile of rows, one after the other as multiply_few finds them.
static void NAME(pack_few)(const ck_gemm_chunk *chunk, ptrdiff_t number, void *packed) {
  ptrdiff_t step = ck_gemm_block_depth(&NAME(kernels), chunk->depth);
  ptrdiff_t tiles = pieces(chunk->row1 - chunk->row0, TILE_ROWS), row = chunk->row0 + number * TILE_ROWS;
  word *out = (word *)packed + number * TILE_WORDS;
  for (ptrdiff_t d = chunk->depth0; d < chunk->depth1; d += step, out += tiles * TILE_WORDS)
    NAME(pack_a)(&chunk->a, row, least(TILE_ROWS, chunk->row1 - row), chunk->row1 - row, d,
                 least(step, chunk->depth1 - d), out);
}

static void NAME(multiply)(const ck_gemm_chunk *chunk) {
  const ck_gemm_kernels *kernels = &NAME(kernels);
  float *own_sums = (float *)chunk->scratch + BLOCK_TILES * TILE_WORDS;
  ptrdiff_t step = ck_gemm_block_depth(kernels, chunk->depth);
  // Columns outermost: a part's sums, and a block of its depths of B, fit the cache.
  ptrdiff_t width = NAME(even_part)(chunk->column1 - chunk->column0, CHUNK_COLUMNS, TILE_COLUMNS);
  ptrdiff_t height = NAME(even_part)(chunk->row1 - chunk->row0, CHUNK_ROWS, TILE_ROWS);
  for (ptrdiff_t column = chunk->column0; column < chunk->column1; column += width) {
    NAME(block) block = {
        .row0 = chunk->row0,
        .row1 = least(chunk->row1, chunk->row0 + height),
        .column0 = column,
        .column1 = least(chunk->column1, column + width),
        .depth0 = chunk->depth0,
        .depth = least(step, chunk->depth1 - chunk->depth0),
        .in_place = NAME(is_plain)(chunk),
        .sums_stride = chunk->sums ? chunk->sums_stride : CHUNK_COLUMNS,
    };
    for (bool more = true; more;) {
      NAME(block) after = block;
      more = NAME(advance)(chunk, height, step, &after);
      NAME(upcoming) next = {0};
      if (more) {
        next = NAME(part_of)(&chunk->a, after.row0, after.row1 - after.row0, after.depth0, after.depth,
                             NAME(tile_count)(&block));
      } else if (chunk->next_row0 >= 0 && block.column1 == chunk->column1) {
        next = NAME(part_of)(&chunk->a, chunk->next_row0, CHUNK_ROWS, chunk->depth0,
                             least(step, chunk->depth1 - chunk->depth0), NAME(tile_count)(&block));
      }
      block.first = block.depth0 == 0;
      block.last = block.depth0 + block.depth >= chunk->depth;
      block.sums = chunk->sums ? chunk->sums + block.row0 * chunk->sums_stride + block.column0 : own_sums;
      const char *b = NAME(panel_at)(chunk, block.depth0, block.depth, block.column0);
      if (chunk->packed_a) {
        ptrdiff_t depth = least(step, chunk->depth1 - chunk->depth0);
        const char *following = NULL;
        if (more) following = NAME(panel_at)(chunk, after.depth0, after.depth, block.column0);
        else if (block.column1 < chunk->column1) following = NAME(panel_at)(chunk, chunk->depth0, depth, block.column1);
        else if (chunk->next_column0 >= 0) following = NAME(panel_at)(chunk, chunk->depth0, depth, chunk->next_column0);
        NAME(multiply_few)(chunk, &block, (const word *)b, following);
      } else {
        NAME(multiply_block)(chunk, &block, (const word *)b, &next, &(NAME(upcoming)){0});
      }
      block = after;
    }
  }
}
