#ifndef DIPTYCH_CK_CONV_H
#define DIPTYCH_CK_CONV_H
#include <stdint.h>

#include "ck_level.h"

// Convolution and pooling on channels-last (NHWC) data.
//
// Everything is built from one register tile: `rows` × `panel` fp32 sums, A broadcast element by element, B read as
// vectors. The functions here do one worker's share of a job and own no memory; Tensors/Conv plans, hands out scratch
// and starts the threads. Offsets and strides count elements unless a name says bytes.

/// How activations are stored. Sums, weights, biases and their gradients are fp32 always.
typedef enum { CK_CONV_F32 = 0, CK_CONV_BF16 = 1 } ck_conv_type;

/// The taps of one output phase. A forward convolution has one phase; the input gradient of a convolution with stride s
/// has s × s of them, each a small convolution of stride 1 which fills every s-th pixel of every s-th row.
typedef struct {
  int64_t grid_h, grid_w;  // output positions of this phase
  int64_t out_y, out_x;    // the first of them
  int64_t taps;
  const int32_t *tap_y, *tap_x;  // where a tap reads, relative to position × in_step
  const void *weights;           // ck_conv_table.pack_weights
} ck_conv_phase;

/// Convolution as an implicit matrix product: rows are output positions, the reduction runs over taps × channels.
typedef struct {
  ck_conv_type type;
  int64_t batch, grid_h, grid_w;  // the grid that covers every phase's
  int64_t phases;
  const ck_conv_phase *phase;
  const void *in;
  int64_t in_h, in_w, in_pixel, in_step_h, in_step_w;  // in_pixel: all channels of a pixel; `in` starts at the group's
  int64_t channels;                                     // of the group
  void *out;
  int64_t out_h, out_w, out_pixel, out_step_h, out_step_w;
  int64_t out_channels;  // of the group
  const float *bias;     // of the group, or NULL
  int64_t block;         // output channels a panel, a multiple of the lanes
  const void *zeros;     // at least `channels` zeros
} ck_conv_gemm;

/// Weights to be packed into panels [panel][tap × channel][block] of 32-bit words. Words for bf16 hold pairs of channels
/// at a level whose `per_word` is 2, else fp32 that was rounded to bf16.
typedef struct {
  ck_conv_type type;
  const float *weights;
  int64_t out_channels, out_stride, channels, channel_stride;
  int64_t taps;
  const int32_t *tap_offset;
  int64_t block;
} ck_conv_weights;

/// Rows of pixels, one for each output position, whose columns are taps × channels. Where `per_word` is 2 a bf16 word
/// holds the same column of two positions, and a row is a pair.
typedef struct {
  ck_conv_type type;
  const void *in;
  int64_t in_h, in_w, in_pixel, channels;
  int64_t grid_h, grid_w, step_h, step_w;  // output positions and how far apart they read
  int64_t taps;
  const int32_t *tap_y, *tap_x;
  int64_t positions;
  int64_t block;      // columns of a panel
  const void *zeros;  // at least `channels` zeros
} ck_conv_rows;

/// A weight gradient: sums over positions of what each saw × the gradient of what it gave.
typedef struct {
  ck_conv_rows seen, given;  // `given` is a pixel's channels, without taps, in panels that the register tile takes
  int64_t part_rows;         // each part has so many rows, and sums of its own
  float *sums;               // [part][panel of seen][panel of given][block of seen][block of given]
} ck_conv_gradient;

/// Sums over rows of A[row][i] · B[row][j] for packed panels [block of columns][row][block] of A and B, in planes
/// `a_plane` and `b_plane` words apart.
typedef struct {
  ck_conv_type type;
  const void *a, *b;
  int64_t rows;
  int64_t a_block, b_block, a_blocks, b_blocks, a_plane, b_plane;
  float *sums;  // [plane][a panel][b panel][a_block][b_block]
  int resume;   // add to what `sums` holds
} ck_conv_outer;

/// Where the sums go: the gradient of the weights, [out_channels][channels][taps].
typedef struct {
  const float *sums;  // as in ck_conv_outer, or those of a single part
  int64_t a_block, b_block, a_blocks, b_blocks;
  float *weights;
  int64_t out_channels, out_stride, channels, taps;
} ck_conv_unpack;

/// Winograd's F(4×4, 3×3) (Lavin and Gray 2016, arXiv:1509.09308) for stride 1, on a run of tiles of 4×4 outputs.
/// A NaN or infinity in the input makes NaNs of all outputs of its tile, and is never lost.
typedef struct {
  ck_conv_type type;
  int64_t batch, in_h, in_w, in_pixel, channels, in_block;
  int64_t out_h, out_w, out_pixel, out_channels, out_block;
  int64_t pad_h, pad_w;
  int64_t tiles_h, tiles_w;  // of an image
  const void *in;
  void *out;  // the gradient of the outputs, for winograd_gradient
  const float *bias;
  const void *zeros;          // at least `channels` and `out_channels` zeros
  int64_t first_tile, tiles;  // the run
  float *transformed;         // [36][block of channels][tiles][in_block], planes `plane` floats apart
  int64_t plane;
  float *gradient;  // [36][block of out_channels][tiles][out_block], planes `gradient_plane` floats apart
  int64_t gradient_plane;
  const float *weights;  // [panel][36][blocks of channels × in_block][out_block]
} ck_conv_winograd;

/// The shape of a pooling: windows on channels-last pictures.
typedef struct {
  ck_conv_type type;
  int64_t batch, in_h, in_w, out_h, out_w, channels;
  int64_t kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w;
} ck_pool_shape;

/// One instruction set's convolution and pooling. Every function does its job for `count` items from `first` on.
typedef struct {
  int64_t lanes;  // of a vector: blocks are multiples of it
  int64_t panel;  // the widest block
  int64_t per_word;  // elements of bf16 in a word of a packed operand: a pair to be multiplied at once, or one as fp32

  // Any convolution.
  void (*pack_weights)(const ck_conv_weights *, int64_t panel, void *packed);
  int64_t (*gemm_scratch)(const ck_conv_gemm *);  // bytes
  void (*gemm)(const ck_conv_gemm *, int64_t first, int64_t count, void *scratch);  // positions of the grid

  // Any weight gradient: a part's sums for a panel of what was seen. Scratch: CK_CONV_OUTER_ROWS words for each column of
  // this panel and of all that were given.
  void (*weight_gradient)(const ck_conv_gradient *, int64_t part, int64_t panel, void *scratch);
  void (*unpack)(const ck_conv_unpack *, int64_t a_panel, int64_t b_panel);

  // 3×3 with stride 1.
  void (*outer)(const ck_conv_outer *, int64_t plane, int64_t a_panel, int64_t b_panel);
  void (*winograd_weights)(const ck_conv_weights *, int64_t in_block, int64_t panel, float *packed);
  void (*winograd_in)(const ck_conv_winograd *, int64_t first, int64_t count);
  void (*winograd_out)(const ck_conv_winograd *, int64_t first, int64_t count, int64_t panel, float *scratch);
  void (*winograd_gradient)(const ck_conv_winograd *, int64_t first, int64_t count);
  void (*winograd_unpack)(const ck_conv_unpack *, int64_t a_panel, int64_t b_panel);

  // One channel a group; the weights of a phase are fp32 [tap][channels].
  void (*depthwise)(const ck_conv_gemm *, int64_t first, int64_t count);
  void (*depthwise_weights)(const ck_conv_rows *, const void *gradient, int64_t first, int64_t count, float *sums);

  /// Adds rows to sums[channels]: the gradient of a bias.
  void (*column_sums)(ck_conv_type, const void *in, int64_t pixel, int64_t channels, int64_t first, int64_t count,
                      float *sums);

  // Rows (one y of one image) of the output, and of the input for the gradients.
  void (*max_pool)(const ck_pool_shape *, const void *in, void *out, uint16_t *place, int64_t first, int64_t count);
  void (*max_pool_gradient)(const ck_pool_shape *, const void *gradient, const uint16_t *place, void *in_gradient,
                            int64_t first, int64_t count);
  void (*average_pool)(const ck_pool_shape *, const void *in, void *out, int64_t first, int64_t count);
  void (*average_pool_gradient)(const ck_pool_shape *, const void *gradient, void *in_gradient, int64_t first,
                                int64_t count);
} ck_conv_table;

enum {
  CK_CONV_POSITIONS = 384,  // a good number of positions for one call of `gemm`
  CK_CONV_TILES = 48,       // and of tiles for one of `winograd_out`
  CK_CONV_OUTER_ROWS = 96,     // rows of a weight gradient that are multiplied before the next ones
  CK_CONV_SEEN_COLUMNS = 288,  // the widest panel of what they see
};

/// Floats of scratch for winograd_out with so many tiles and such a block.
static inline int64_t ck_conv_winograd_scratch(int64_t tiles, int64_t block) { return 36 * (tiles * block + 16); }

/// The kernels of a level.
const ck_conv_table *ck_conv_kernels(ck_level level);

#endif
