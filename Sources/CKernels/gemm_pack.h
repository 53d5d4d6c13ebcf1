// Packing: A and B are copied into the order in which the tile loop reads them, and rounded to bf16 where the product
// asks for that. Included by gemm_kernels.h.

/// LANES neighbouring values of a matrix as packed words without a partner: fp32, or bf16 in the low halves.
INLINE vu NAME(words)(const char *p, ck_element element, ptrdiff_t count) {
#if PAIRED
  if (element == CK_F32) return bf16_bits(load_values(p, element, count));
  return (vu)load_values(p, element, count) >> 16;
#elif ROUNDED
  if (element == CK_F32) return bf16_bits(load_values(p, element, count)) << 16;
  return (vu)load_values(p, element, count);
#else
  return (vu)load_values(p, element, count);
#endif
}

/// One row of panel-ordered words from one depth (or two, the second absent at an odd end).
INLINE vu NAME(group)(const char *first, const char *second, ck_element element, ptrdiff_t count) {
  vu low = NAME(words)(first, element, count);
#if PAIRED
  if (second) low |= NAME(words)(second, element, count) << 16;
#else
  (void)second;
#endif
  return low;
}

/// `depth` neighbouring values as words, pairs of neighbours in one word where the product wants pairs. `out` has room
/// for a multiple of LANES words.
INLINE void NAME(pack_line)(const char *source, ck_element element, ptrdiff_t depth, word *out) {
#if PAIRED
  uint16_t *halves = (uint16_t *)out;
  ptrdiff_t p = 0;
  if (element == CK_BF16) {
    memcpy(halves, source, (size_t)depth * 2);
    p = depth;
  } else {
    for (; p + LANES <= depth; p += LANES) store_values(halves + p, CK_BF16, LANES, load_floats(source + p * 4));
    if (p < depth) store_values(halves + p, CK_BF16, depth - p, load_values(source + p * 4, CK_F32, depth - p));
  }
  if (depth % 2) halves[depth] = 0;
#else
  size_t size = element == CK_F32 ? 4 : 2;
  ptrdiff_t p = 0;
  for (; p + LANES <= depth; p += LANES) store_words(out + p, NAME(words)(source + p * size, element, LANES));
  if (p < depth) store_words(out + p, NAME(words)(source + p * size, element, depth - p));
#endif
}

/// LANES columns, each of them `depth` neighbouring values, turned into rows of words.
INLINE void NAME(transpose)(const char *source, ck_element element, ptrdiff_t stride_bytes, ptrdiff_t columns,
                            ptrdiff_t depth, word *out) {
  enum { STEP = LANES * GROUP };
  ptrdiff_t size = element == CK_F32 ? 4 : 2;
  for (ptrdiff_t p = 0; p < depth; p += STEP, source += STEP * size) {
    ptrdiff_t count = depth - p < STEP ? depth - p : STEP;
    vu square[LANES];
#pragma clang loop unroll(full)
    for (int j = 0; j < LANES; j++) {
      square[j] = (vu){0};
      if (j < columns) {
        __builtin_prefetch(source + j * stride_bytes + 256, 0, 2);  // too many streams for the hardware to follow
        if (count == STEP) {
          NAME(pack_line)(source + j * stride_bytes, element, STEP, (word *)&square[j]);
        } else {
          NAME(pack_line)(source + j * stride_bytes, element, count, (word *)&square[j]);
        }
      }
    }
    transpose_square(square);
    ptrdiff_t groups = (count + GROUP - 1) / GROUP;
#pragma clang loop unroll(full)
    for (int g = 0; g < LANES; g++)
      if (g < groups) store_words(out + g * TILE_COLUMNS, square[g]);
    out += LANES * TILE_COLUMNS;
  }
}

/// A vector of neighbouring values from each depth.
INLINE void NAME(pack_vectors)(const char *source, ck_element element, ptrdiff_t stride_bytes, ptrdiff_t count,
                               ptrdiff_t depth, ptrdiff_t out_stride, word *out) {
  for (ptrdiff_t p = 0; p < depth; p += GROUP, source += GROUP * stride_bytes, out += out_stride)
    store_words(out, NAME(group)(source, p + 1 < depth ? source + stride_bytes : NULL, element, count));
}

/// A panel of a B that is read transposed: its columns are the lines of memory.
INLINE void NAME(pack_transposed)(const ck_matrix *b, ck_element element, ptrdiff_t depth0, ptrdiff_t depth,
                                  ptrdiff_t column0, ptrdiff_t columns, word *out) {
  ptrdiff_t size = element == CK_F32 ? 4 : 2;
  for (int v = 0; v < TILE_VECTORS; v++, out += LANES, column0 += LANES) {
    ptrdiff_t count = least(columns - column0, LANES);
    if (count > 0) {
      const char *source = element_at(b->data, element, column0 * b->stride + depth0);
      NAME(transpose)(source, element, b->stride * size, count, depth, out);
    } else {
      for (ptrdiff_t p = 0; p < depth; p += GROUP) store_words(out + p / GROUP * TILE_COLUMNS, (vu){0});
    }
  }
}

/// Panels column0 ..< column1 of B, a few depths of all of them at a time: short runs of long rows, as memory has them,
/// rather than a strip of every row for one panel after the other.
INLINE void NAME(pack_straight)(const ck_matrix *b, ck_element element, ptrdiff_t depth0, ptrdiff_t depth,
                                 ptrdiff_t column0, ptrdiff_t column1, ptrdiff_t columns, char *packed) {
  enum { TOGETHER = 8 * GROUP };
  ptrdiff_t size = element == CK_F32 ? 4 : 2;
  size_t panel_bytes = ck_gemm_panel_bytes(&NAME(kernels), depth);
  for (ptrdiff_t p = 0; p < depth; p += TOGETHER) {
    ptrdiff_t count = least(depth - p, TOGETHER);
    char *out = packed + (size_t)(p / GROUP) * TILE_COLUMNS * sizeof(word);
    const char *source = element_at(b->data, element, (depth0 + p) * b->stride + column0);
    for (ptrdiff_t j = column0; j < column1; j += TILE_COLUMNS, out += panel_bytes, source += TILE_COLUMNS * size)
      for (int v = 0; v < TILE_COLUMNS; v += LANES) {
        ptrdiff_t left = least(columns - j - v, LANES);
        word *to = (word *)out + v;
        if (left == LANES) {
          NAME(pack_vectors)(source + v * size, element, b->stride * size, LANES, count, TILE_COLUMNS, to);
        } else if (left > 0) {
          NAME(pack_vectors)(source + v * size, element, b->stride * size, left, count, TILE_COLUMNS, to);
        } else {
          for (ptrdiff_t g = 0; g < count; g += GROUP) store_words(to + g / GROUP * TILE_COLUMNS, (vu){0});
        }
      }
  }
}

INLINE void NAME(pack_b_as)(const ck_matrix *b, ck_element element, ptrdiff_t depth0, ptrdiff_t depth,
                            ptrdiff_t column0, ptrdiff_t column1, ptrdiff_t columns, char *packed) {
  if (!b->transposed) return NAME(pack_straight)(b, element, depth0, depth, column0, column1, columns, packed);
  size_t panel_bytes = ck_gemm_panel_bytes(&NAME(kernels), depth);
  for (ptrdiff_t j = column0; j < column1; j += TILE_COLUMNS, packed += panel_bytes)
    NAME(pack_transposed)(b, element, depth0, depth, j, columns, (word *)packed);
}

static void NAME(pack_b)(const ck_matrix *b, ptrdiff_t depth0, ptrdiff_t depth, ptrdiff_t column0, ptrdiff_t column1,
                         ptrdiff_t columns, void *packed) {
  if (b->element == CK_F32) {
    NAME(pack_b_as)(b, CK_F32, depth0, depth, column0, column1, columns, packed);
  } else {
    NAME(pack_b_as)(b, CK_BF16, depth0, depth, column0, column1, columns, packed);
  }
}

/// Rows of A over `depth` depths: tiles of them TILE_WORDS apart, each by row or by depth. `readable` says how many rows
/// may be read. Where A is transposed, a few depths of all rows are packed at a time, as memory has them: a tile alone
/// takes a third of a cache line from every depth, and lines a power of two apart drive each other out before the next
/// tile comes.
INLINE void NAME(pack_rows)(const ck_matrix *a, ck_element element, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t readable,
                            ptrdiff_t depth0, ptrdiff_t depth, word *out) {
  enum { TOGETHER = 8 * GROUP };
  ptrdiff_t size = element == CK_F32 ? 4 : 2, stride = a->stride * size;
  if (!a->transposed) {
    const char *source = element_at(a->data, element, row * a->stride + depth0);
    for (ptrdiff_t i = 0; i < rows; i++, source += stride)
      NAME(pack_line)(source, element, depth, out + i / TILE_ROWS * TILE_WORDS + i % TILE_ROWS * ROW_STRIDE);
    return;
  }
  for (ptrdiff_t p = 0; p < depth; p += TOGETHER) {
    const char *source = element_at(a->data, element, (depth0 + p) * a->stride + row);
    word *to = out + p / GROUP * DEPTH_STRIDE;
    ptrdiff_t some = least(depth - p, TOGETHER);
    for (ptrdiff_t i = 0; i < rows; i += TILE_ROWS, source += TILE_ROWS * size, to += TILE_WORDS)
#pragma clang loop unroll(full)
      for (ptrdiff_t v = 0; v < DEPTH_STRIDE; v += LANES) {
        ptrdiff_t count = readable - i - v;
        if (count >= LANES) {
          NAME(pack_vectors)(source + v * size, element, stride, LANES, some, DEPTH_STRIDE, to + v);
        } else if (count > 0) {
          NAME(pack_vectors)(source + v * size, element, stride, count, some, DEPTH_STRIDE, to + v);
        }
      }
  }
}

static void NAME(pack_a)(const ck_matrix *a, ptrdiff_t row, ptrdiff_t rows, ptrdiff_t readable, ptrdiff_t depth0,
                         ptrdiff_t depth, word *out) {
  if (a->element == CK_F32) {
    NAME(pack_rows)(a, CK_F32, row, rows, readable, depth0, depth, out);
  } else {
    NAME(pack_rows)(a, CK_BF16, row, rows, readable, depth0, depth, out);
  }
}
