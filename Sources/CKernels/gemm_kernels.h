// The matrix product of one level and one kind of product. gemm_LEVEL.c defines
//   LANES, TILE_ROWS                  the shape of the registers
//   MASKS, BF16_INSTRUCTIONS          whether there are masked loads (AVX-512), and conversions to bf16
//   AVX2                              whether vectors are AVX's
//   BLOCK_WORDS                       depths of a block, in words: a packed tile of A and a panel of B fit the L1 cache
//   NAME(x)                           a name of its own for everything in here
//   PAIRED                            words are pairs of bf16 (else fp32)
//   ROUNDED                           fp32 words hold values rounded to bf16
//   MULTIPLY_ADD(sum, left, right)    a vector of sums, a word of A, a vector of words of B
// and includes this file with the level's instructions switched on.

enum {
  NAME(group_depth) = PAIRED ? 2 : 1,
};
#define GROUP NAME(group_depth)
#define TILE_VECTORS 2
#define TILE_COLUMNS (TILE_VECTORS * LANES)
/// Words from a packed row of A to the next: an odd number of cache lines, so that they don't share a cache set.
#define ROW_STRIDE (BLOCK_WORDS + 16)
/// Words from a depth of a packed A to the next, where it is packed by depth: whole vectors.
#define DEPTH_STRIDE ((TILE_ROWS + LANES - 1) / LANES * LANES)
/// Words of a packed tile of A, in either order.
#define TILE_WORDS (ROW_STRIDE * DEPTH_STRIDE)
/// How many tiles of A are packed at a time, at most.
#define BLOCK_TILES 16
/// The part of C that a thread works on at a time. With CHUNK_COLUMNS, one block of B stays in the L2 cache.
#define CHUNK_ROWS (8 * TILE_ROWS)
#define CHUNK_COLUMNS (24 * TILE_COLUMNS)
/// Of a deep product, a thread works on as large a part, of at most so many columns. It packs so many rows at a time.
#define DEEP_COLUMNS (12 * TILE_COLUMNS)
#define DEEP_ROWS (BLOCK_TILES * TILE_ROWS)

static const ck_gemm_kernels NAME(kernels);

#include "gemm_tile.h"

#include "gemm_pack.h"

#include "gemm_chunk.h"

#include "gemm_deep.h"

#include "gemm_peak.h"

static const ck_gemm_kernels NAME(kernels) = {
    .level = LEVEL,
    .product = ROUNDED ? CK_PRODUCT_BF16 : CK_PRODUCT_F32,
    .tile_rows = TILE_ROWS,
    .tile_columns = TILE_COLUMNS,
    .block_depth = BLOCK_WORDS * GROUP,
    .group_depth = GROUP,
    .group_bytes = sizeof(word),
    .scratch_bytes = sizeof(word) * BLOCK_TILES * TILE_WORDS + sizeof(float) * CHUNK_ROWS * CHUNK_COLUMNS +
                     sizeof(word) * BLOCK_WORDS * DEEP_COLUMNS,
    .chunk_columns = CHUNK_COLUMNS,
    .pack_b = NAME(pack_b),
    .few_rows = CHUNK_ROWS,
    .tile_bytes = sizeof(word) * TILE_WORDS,
    .pack_few = NAME(pack_few),
    .multiply = NAME(multiply),
    .deep_columns = DEEP_COLUMNS,
    .deep_tiles = CHUNK_ROWS / TILE_ROWS * (CHUNK_COLUMNS / TILE_COLUMNS),
    .multiply_deep = NAME(multiply_deep),
    .peak = NAME(peak),
};

#undef GROUP
#undef NAME
#undef PAIRED
#undef ROUNDED
#undef MULTIPLY_ADD
#undef BLOCK_WORDS
