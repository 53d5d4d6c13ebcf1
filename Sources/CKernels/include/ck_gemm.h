#ifndef DIPTYCH_CK_GEMM_H
#define DIPTYCH_CK_GEMM_H

#include <stdbool.h>
#include <stddef.h>

#include "ck_element.h"
#include "ck_level.h"

/// Matrix products C = op(A)·op(B), after Goto and van de Geijn, "Anatomy of high-performance matrix multiplication"
/// (2008): B is packed once into panels of `tile_columns` columns, a chunk of C packs the rows of A that it needs into
/// its own scratch and walks over both in register tiles of `tile_rows` × `tile_columns`. What is to happen to a
/// finished tile (bias, activation, …) happens while it is still in the L1 cache.

/// How the products are computed: on fp32 values, or on values rounded to bf16. Sums are fp32 either way.
typedef enum { CK_PRODUCT_F32 = 0, CK_PRODUCT_BF16 = 1 } ck_product;

typedef enum {
  CK_ACTIVATION_NONE = 0,
  CK_ACTIVATION_RELU,
  CK_ACTIVATION_GELU,        // x·Φ(x), with erf
  CK_ACTIVATION_GELU_TANH,   // its tanh approximation, as in GPT-2
  CK_ACTIVATION_QUICK_GELU,  // x·σ(1.702 x), as in CLIP
} ck_activation;

/// A matrix that is read: element (i, j) lies at i·stride + j, or at j·stride + i where it is read transposed.
typedef struct {
  const void *data;
  ptrdiff_t stride;
  ck_element element;
  bool transposed;
} ck_matrix;

/// What happens to a finished sum s at row i, column j:
/// s += bias[j];  pre[i, j] = s;  s = activation(s), or s · activation′(slope_at[i, j]) where `slope_at` is given;
/// s += residual[i, j];  C[i, j] = s, or C[i, j] += s.
typedef struct {
  const float *bias;
  ck_activation activation;
  void *pre;  // has the element type of C
  ptrdiff_t pre_stride;
  const void *slope_at;
  ptrdiff_t slope_stride;
  ck_element slope_element;
  const void *residual;
  ptrdiff_t residual_stride;
  ck_element residual_element;
} ck_epilogue;

/// One chunk of a product: rows × columns of C, over the depths from `depth0` to `depth1` of `depth`.
typedef struct {
  ck_matrix a, b;         // multiply uses packed_b, multiply_deep b
  const void *packed_b;  // the depths depth0..<depth1, all `columns` columns, as pack_b writes them
  const void *packed_a;  // all rows, as pack_few writes them; NULL: a chunk packs its own
  void *c;
  ptrdiff_t c_stride;
  ck_element c_element;
  bool accumulate;
  ck_epilogue epilogue;
  ptrdiff_t columns;  // of the whole C
  ptrdiff_t depth, depth0, depth1;
  ptrdiff_t row0, row1;
  ptrdiff_t column0, column1;  // column0 is a multiple of tile_columns
  /// Sums between two calls with different depths, as large as C, where C itself can't hold them; else NULL.
  float *sums;
  ptrdiff_t sums_stride;
  /// Where this thread's next chunk probably begins, or −1: its first rows or columns are fetched in good time.
  ptrdiff_t next_row0, next_column0;
  /// scratch_bytes bytes, aligned to 64.
  void *scratch;
} ck_gemm_chunk;

typedef struct {
  ck_level level;
  ck_product product;
  ptrdiff_t tile_rows, tile_columns;
  /// The most depths that are summed up in registers before they are added to C. A product of depth k is cut into
  /// ck_gemm_blocks(table, k) blocks of ck_gemm_block_depth(table, k): by k alone, so that a row of C does not depend
  /// on how many rows there are.
  ptrdiff_t block_depth;
  /// Depths that lie side by side in a packed matrix (2 for vdpbf16ps), and the bytes that a group of them takes.
  ptrdiff_t group_depth, group_bytes;
  size_t scratch_bytes;
  /// A is packed again for every so many columns of C.
  ptrdiff_t chunk_columns;
  /// Packs the panels of the columns column0 ..< column1, multiples of tile_columns: `depth` depths from `depth0`. What
  /// lies beyond `columns` and beyond the last depth becomes zero.
  void (*pack_b)(const ck_matrix *b, ptrdiff_t depth0, ptrdiff_t depth, ptrdiff_t column0, ptrdiff_t column1,
                 ptrdiff_t columns, void *out);
  void (*multiply)(const ck_gemm_chunk *chunk);
  /// At most `few_rows` rows of A can be packed once for all chunks of columns, tile by tile: every block of depths of a
  /// tile takes tile_bytes. `chunk` says which rows and depths there are.
  ptrdiff_t few_rows;
  size_t tile_bytes;
  void (*pack_few)(const ck_gemm_chunk *chunk, ptrdiff_t tile, void *packed);
  /// For sums of many depths with few rows and columns, the gradients of weights: all depths of a chunk of at most
  /// `deep_columns` columns and `deep_tiles` tiles. Packs of B just what it needs, when it needs it.
  ptrdiff_t deep_columns, deep_tiles;
  void (*multiply_deep)(const ck_gemm_chunk *chunk);
  /// The ceiling: `rounds` rounds of nothing but the multiply-add of the tile loop, on registers alone. Gives the number
  /// of floating-point operations done; `sink` takes a value that depends on them all.
  double (*peak)(ptrdiff_t rounds, float *sink);
} ck_gemm_kernels;

/// The kernels of a level, or of the next lower one that this build has.
const ck_gemm_kernels *ck_gemm_kernels_for(ck_level level, ck_product product);

static inline ptrdiff_t ck_gemm_blocks(const ck_gemm_kernels *kernels, ptrdiff_t depth) {
  return depth == 0 ? 0 : (depth + kernels->block_depth - 1) / kernels->block_depth;
}

/// Blocks are of equal depth but for the last, in multiples of 8.
static inline ptrdiff_t ck_gemm_block_depth(const ck_gemm_kernels *kernels, ptrdiff_t depth) {
  ptrdiff_t blocks = ck_gemm_blocks(kernels, depth);
  if (blocks == 0) return kernels->block_depth;
  return ((depth + blocks - 1) / blocks + 7) / 8 * 8;
}

/// Bytes of one packed panel of `depth` depths.
static inline size_t ck_gemm_panel_bytes(const ck_gemm_kernels *kernels, ptrdiff_t depth) {
  ptrdiff_t groups = (depth + kernels->group_depth - 1) / kernels->group_depth;
  return (size_t)(groups * kernels->group_bytes * kernels->tile_columns);
}

#endif
