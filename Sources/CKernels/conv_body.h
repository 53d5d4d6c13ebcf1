// All of a level's convolution, compiled for that level, and its table. Included last by each conv_<level>.c.
#include "conv_vector.h"
// The tile next: the others stand on it.
#include "conv_tile.h"
// The rest.
#include "conv_depthwise.h"
#include "conv_gemm.h"
#include "conv_outer.h"
#include "conv_gradient.h"
#include "conv_pool.h"
#include "conv_winograd.h"

static const ck_conv_table table = {
    .lanes = CONV_LANES,
    .panel = PANEL,
    .per_word = PAIR,
    .pack_weights = pack_weights,
    .gemm_scratch = gemm_scratch,
    .gemm = gemm,
    .weight_gradient = weight_gradient,
    .unpack = unpack,
    .outer = outer,
    .winograd_weights = winograd_weights,
    .winograd_in = winograd_in,
    .winograd_out = winograd_out,
    .winograd_gradient = winograd_gradient,
    .winograd_unpack = winograd_unpack,
    .depthwise = depthwise,
    .depthwise_weights = depthwise_weights,
    .column_sums = column_sums,
    .max_pool = max_pool,
    .max_pool_gradient = max_pool_gradient,
    .average_pool = average_pool,
    .average_pool_gradient = average_pool_gradient,
};
