// Every kernel of ck_elementwise, compiled for the level that the including file has set up: CK_LEVEL and CK_TABLE.
#include "elementwise_channels.h"
#include "elementwise_layout.h"
#include "elementwise_map.h"
#include "elementwise_norm.h"
#include "elementwise_optimizers.h"
#include "elementwise_random.h"
#include "elementwise_softmax.h"

const ck_elementwise CK_TABLE = {
    .level = CK_LEVEL,
    .cast = cast,
    .unary = unary,
    .unary_backward = unary_backward,
    .binary = binary,
    .binary_scalar = binary_scalar,
    .binary_row = binary_row,
    .binary_column = binary_column,
    .scaled_add = scaled_add,
    .reduce_rows = reduce_rows,
    .argmax_rows = argmax_rows,
    .sum_columns = sum_columns,
    .sum = sum,
    .sum_squares = sum_squares,
    .first_nonfinite = first_nonfinite,
    .softmax = softmax,
    .softmax_backward = softmax_backward,
    .log_softmax = log_softmax,
    .log_softmax_backward = log_softmax_backward,
    .cross_entropy = cross_entropy,
    .cross_entropy_backward = cross_entropy_backward,
    .cross_entropy_probabilities = cross_entropy_probabilities,
    .cross_entropy_probabilities_backward = cross_entropy_probabilities_backward,
    .layer_norm = layer_norm,
    .layer_norm_backward = layer_norm_backward,
    .l2_normalize = l2_normalize,
    .l2_normalize_backward = l2_normalize_backward,
    .channel_moments = channel_moments,
    .merge_moments = merge_moments,
    .channel_norm = channel_norm,
    .channel_norm_sums = channel_norm_sums,
    .channel_norm_backward = channel_norm_backward,
    .adamw = adamw,
    .sgd = sgd,
    .random_bits = random_bits,
    .random_uniform = random_uniform,
    .random_normal = random_normal,
    .dropout = dropout,
    .transpose = transpose,
    .gather_rows = gather_rows,
    .scatter_add_rows = scatter_add_rows,
};
