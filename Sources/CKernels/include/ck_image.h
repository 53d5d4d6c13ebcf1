#ifndef DIPTYCH_CK_IMAGE_H
#define DIPTYCH_CK_IMAGE_H
#include <stddef.h>
#include <stdint.h>

#include "ck_level.h"

/// The input values that one output value of a resize is made of.
typedef struct {
  int32_t first;  // the first of them
  int32_t count;  // how many, at least 1
} ck_taps;

/// Kernels over rows of 8-bit RGB pixels. All levels give the same bytes.
typedef struct {
  /// out[i] = clip((Σ weights[t] × in[t × stride + i] + half) >> 22) for i in 0..<count: Pillow's fixed point.
  void (*weigh_rows)(const uint8_t *in, size_t stride, const int32_t *weights, int taps, uint8_t *out, size_t count);

  /// The horizontal pass over up to 16 rows of `in_width` pixels: `out_width` pixels each, of which pixel x is weighed
  /// from taps[x] with weights + x × weights_stride. `scratch` has 48 × (in_width + out_width) bytes.
  void (*resize_horizontally)(const uint8_t *in, size_t in_stride, size_t in_width, int rows, const ck_taps *taps,
                              const int32_t *weights, size_t weights_stride, uint8_t *out, size_t out_stride,
                              size_t out_width, uint8_t *scratch);

  /// out = other + factor × (in - other), cut off towards zero, where `other` is a constant.
  void (*blend_with_level)(uint8_t *pixels, size_t bytes, float factor, int level);
  /// The same where `other` is the pixel's own grey: changes saturation.
  void (*blend_with_gray)(uint8_t *pixels, size_t count, float factor);
  /// Turns the hue by shift/255 of a circle, by way of 8-bit HSV.
  void (*shift_hue)(uint8_t *pixels, size_t count, uint8_t shift);
  /// Sum of the pixels' greys.
  uint64_t (*sum_of_gray)(const uint8_t *pixels, size_t count);
  /// Inverts bytes that are not below the threshold.
  void (*solarize)(uint8_t *pixels, size_t bytes, int threshold);

  /// Blur along a row: out[i] = Σ weights[t] × in[i + 3t] / 256 for i in 0..<count, weights summing to 65536.
  void (*blur_along_row)(const uint8_t *in, const int32_t *weights, int taps, uint16_t *out, size_t count);
  /// Blur across rows: out[i] = (Σ weights[t] × rows[t][i] / 65536 + 128) / 256, weights summing to 65536.
  void (*blur_across_rows)(const uint16_t *const *rows, const int32_t *weights, int taps, uint8_t *out, size_t count);

  /// out[i] = (in[i] / 255 - mean[i mod 3]) / deviation[i mod 3], rounded after each step like PyTorch's.
  void (*normalize)(const uint8_t *pixels, size_t count, const float mean[3], const float deviation[3], float *out);
} ck_image_kernels;

/// The kernels of this level or the next lower one that has its own.
const ck_image_kernels *ck_image(ck_level level);

#endif
