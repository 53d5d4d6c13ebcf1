#ifndef DIPTYCH_CK_ELEMENTWISE_H
#define DIPTYCH_CK_ELEMENTWISE_H
#include <stddef.h>
#include <stdint.h>

#include "ck_element.h"
#include "ck_level.h"

/// y = f(x). The gradient of those marked y is computed from the output, of the others from the input.
typedef enum {
  CK_COPY = 0,
  CK_NEGATE,
  CK_ABS,
  CK_SQUARE,
  CK_SQRT,           // y
  CK_RSQRT,          // y
  CK_RECIPROCAL,     // y
  CK_EXP,            // y
  CK_LOG,
  CK_TANH,           // y
  CK_SIGMOID,        // y
  CK_SOFTPLUS,
  CK_RELU,           // y
  CK_GELU,           // x Φ(x)
  CK_GELU_TANH,      // Φ approximated by tanh, as in GPT-2
  CK_QUICK_GELU,     // x sigmoid(1.702 x), as in OpenAI's CLIP
  CK_UNARY_COUNT,
} ck_unary;

/// c = a op b. The comparisons give 1 or 0: masks for the gradients of max and min.
typedef enum {
  CK_ADD = 0,
  CK_SUBTRACT,
  CK_MULTIPLY,
  CK_DIVIDE,
  CK_MAXIMUM,
  CK_MINIMUM,
  CK_GREATER,
  CK_GREATER_EQUAL,
  CK_EQUAL,
  CK_REVERSE_SUBTRACT,  // b − a
  CK_REVERSE_DIVIDE,    // b / a
  CK_BINARY_COUNT,
} ck_binary;

typedef enum { CK_SUM = 0, CK_MEAN, CK_MAX, CK_MIN, CK_SUM_SQUARES } ck_reduction;

/// Label smoothing and the class that does not count.
typedef struct {
  float smoothing;  // the share of the target that is spread over all classes
  int32_t ignored;  // rows with this id have loss 0 and gradient 0
} ck_targets;

typedef struct {
  float rate, beta1, beta2, epsilon, weight_decay;
  float correction1, correction2;  // 1 − βᵗ
  float gradient_scale;            // applied to the gradient first: clipping, loss scale
} ck_adamw;

typedef struct {
  float rate, momentum, weight_decay;
  int32_t nesterov;
  float gradient_scale;
} ck_sgd;

/// Where in the random numbers: a key (the seed), a stream of that key, and the number of the first draw.
typedef struct {
  uint64_t key, stream, start;
} ck_draws;

/// Kernels bound by memory or by transcendental functions. Each works on one chunk on the calling thread; rows are
/// contiguous. An output may be one of the inputs of the same element type (exactly, not shifted), except where the
/// comment says otherwise. `stream` asks for stores that go past the cache: for outputs that are too large to stay there.
typedef struct {
  ck_level level;

  // Element by element.
  void (*cast)(ck_element xt, const void *x, ck_element yt, void *y, size_t n, int stream);
  void (*unary)(ck_unary op, ck_element xt, const void *x, ck_element yt, void *y, size_t n, int stream);
  /// dx = g f′, from `saved`: the output y for the functions marked y above, otherwise the input x.
  void (*unary_backward)(ck_unary op, ck_element gt, const void *g, ck_element st, const void *saved, ck_element dt, void *dx,
                         size_t n, int stream);
  void (*binary)(ck_binary op, ck_element at, const void *a, ck_element bt, const void *b, ck_element ct, void *c, size_t n,
                 int stream);
  void (*binary_scalar)(ck_binary op, ck_element at, const void *a, float b, ck_element ct, void *c, size_t n, int stream);
  /// a is [rows, n], b is [n].
  void (*binary_row)(ck_binary op, ck_element at, const void *a, ck_element bt, const void *b, ck_element ct, void *c,
                     size_t rows, size_t n, int stream);
  /// a is [rows, n], b is [rows].
  void (*binary_column)(ck_binary op, ck_element at, const void *a, ck_element bt, const void *b, ck_element ct, void *c,
                        size_t rows, size_t n, int stream);
  /// c = alpha a + beta b: residual sums, axpy, moving averages.
  void (*scaled_add)(float alpha, ck_element at, const void *a, float beta, ck_element bt, const void *b, ck_element ct, void *c,
                     size_t n, int stream);

  // Reductions.
  void (*reduce_rows)(ck_reduction op, ck_element xt, const void *x, float *out, size_t rows, size_t n);
  void (*argmax_rows)(ck_element xt, const void *x, int32_t *out, size_t rows, size_t n);
  /// out[j] = Σᵢ x[i, j]: overwrites out.
  void (*sum_columns)(ck_element xt, const void *x, float *out, size_t rows, size_t n);
  double (*sum)(ck_element xt, const void *x, size_t n);
  double (*sum_squares)(ck_element xt, const void *x, size_t n);
  /// The index of the first NaN or infinity; n if there is none.
  size_t (*first_nonfinite)(ck_element xt, const void *x, size_t n);

  // Softmax over rows.
  void (*softmax)(ck_element xt, const void *x, ck_element yt, void *y, size_t rows, size_t n, int stream);
  void (*softmax_backward)(ck_element gt, const void *g, ck_element yt, const void *y, ck_element dt, void *dx, size_t rows,
                           size_t n, int stream);
  void (*log_softmax)(ck_element xt, const void *x, ck_element yt, void *y, size_t rows, size_t n, int stream);
  void (*log_softmax_backward)(ck_element gt, const void *g, ck_element yt, const void *y, ck_element dt, void *dx, size_t rows,
                               size_t n, int stream);
  /// loss[i] and the log of the sum of exponentials lse[i].
  void (*cross_entropy)(ck_element xt, const void *x, const int32_t *ids, ck_targets targets, float *loss, float *lse,
                        size_t rows, size_t n);
  /// dx = scale · g[i] · (softmax(x) − target); g may be NULL: all ones.
  void (*cross_entropy_backward)(ck_element xt, const void *x, const int32_t *ids, ck_targets targets, const float *lse,
                                 float scale, const float *g, ck_element dt, void *dx, size_t rows, size_t n, int stream);
  /// The same against probabilities p [rows, n], which need not sum to 1.
  void (*cross_entropy_probabilities)(ck_element xt, const void *x, ck_element pt, const void *p, float *loss, float *lse,
                                      size_t rows, size_t n);
  void (*cross_entropy_probabilities_backward)(ck_element xt, const void *x, ck_element pt, const void *p, const float *lse,
                                               float scale, const float *g, ck_element dt, void *dx, size_t rows, size_t n,
                                               int stream);

  // Normalisation.
  /// gamma and beta may be NULL: ones and zeros.
  void (*layer_norm)(ck_element xt, const void *x, const float *gamma, const float *beta, float epsilon, ck_element yt,
                     void *y, float *mean, float *rstd, size_t rows, size_t n, int stream);
  /// dx = residual + gradient (residual has dx's type and may be NULL or dx itself). dgamma and dbeta are overwritten
  /// with the sums over these rows; either may be NULL.
  void (*layer_norm_backward)(ck_element gt, const void *g, ck_element xt, const void *x, const float *gamma,
                              const float *mean, const float *rstd, ck_element dt, const void *residual, void *dx,
                              float *dgamma, float *dbeta, size_t rows, size_t n, int stream);
  /// y = x / max(‖x‖, epsilon); inverse[i] is the factor used.
  void (*l2_normalize)(ck_element xt, const void *x, float epsilon, ck_element yt, void *y, float *inverse, size_t rows,
                       size_t n, int stream);
  void (*l2_normalize_backward)(ck_element gt, const void *g, ck_element yt, const void *y, const float *inverse,
                                float epsilon, ck_element dt, void *dx, size_t rows, size_t n, int stream);
  /// Mean and sum of squared deviations of each channel over these rows, x is [rows, c].
  void (*channel_moments)(ck_element xt, const void *x, float *mean, float *m2, size_t rows, size_t c);
  /// Merges the moments of blocks of `block` rows (the last may be shorter) into mean and biased variance over `rows`.
  void (*merge_moments)(const float *means, const float *m2s, size_t block, size_t rows, size_t c, float *mean,
                        float *variance);
  /// y = (x − mean) · rstd · gamma + beta (+ residual) (then max(0, y)). gamma, beta, residual may be NULL.
  void (*channel_norm)(ck_element xt, const void *x, const float *mean, const float *rstd, const float *gamma,
                       const float *beta, ck_element rt, const void *residual, int relu, ck_element yt, void *y, size_t rows,
                       size_t c, int stream);
  /// Sums over these rows of g′ and g′ x̂, where g′ is g, or with `relu` 0 where the output is not positive. That is seen
  /// from y; where y is NULL, nothing was added before the rectifier and the sign is made again from x, gamma and beta.
  void (*channel_norm_sums)(ck_element gt, const void *g, ck_element xt, const void *x, int relu, ck_element yt,
                            const void *y, const float *mean, const float *rstd, const float *gamma, const float *beta,
                            float *sum_g, float *sum_gx, size_t rows, size_t c);
  /// dx = gamma · rstd · (g′ − mean_g − x̂ mean_gx); dresidual (may be NULL, of dx's type) = g′. mean_g and mean_gx are
  /// the sums above over all rows, divided by their number; NULL for statistics that are constants.
  void (*channel_norm_backward)(ck_element gt, const void *g, ck_element xt, const void *x, int relu, ck_element yt,
                                const void *y, const float *mean, const float *rstd, const float *gamma,
                                const float *beta, const float *mean_g, const float *mean_gx, ck_element dt, void *dx,
                                void *dresidual, size_t rows, size_t c, int stream);

  // Optimizers, in place.
  void (*adamw)(ck_adamw settings, float *p, const float *g, float *m, float *v, size_t n);
  void (*sgd)(ck_sgd settings, float *p, const float *g, float *velocity, size_t n);

  // Random numbers: Philox4x32-10 (Salmon et al. 2011). Every draw is a function of key, stream and its number, and
  // has the same bits on every level.
  void (*random_bits)(ck_draws at, uint32_t *out, size_t n);
  void (*random_uniform)(ck_draws at, float *out, size_t n);  // [0, 1)
  void (*random_normal)(ck_draws at, float *out, size_t n);

  // Moving rows and columns. `size` is 2 or 4 bytes an element; strides count elements.
  void (*transpose)(size_t size, const void *x, size_t x_stride, void *y, size_t y_stride, size_t rows, size_t columns);
  void (*gather_rows)(const void *x, const int32_t *ids, void *y, size_t count, size_t row_bytes);
  /// out[ids[i]] += g[i] for those ids in first..<last, in the order of i: chunks of output rows may run side by side.
  void (*scatter_add_rows)(ck_element gt, const void *g, const int32_t *ids, size_t count, size_t n, float *out,
                           size_t first, size_t last);
} ck_elementwise;

/// The kernels compiled for a level; ask only for levels up to ck_best_level().
const ck_elementwise *ck_elementwise_for(ck_level level);

/// Whether unary_backward wants the output rather than the input.
int ck_unary_saves_output(ck_unary op);

#endif
