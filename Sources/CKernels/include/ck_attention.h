#ifndef DIPTYCH_CK_ATTENTION_H
#define DIPTYCH_CK_ATTENTION_H
#include <stddef.h>
#include <stdint.h>

#include "ck_element.h"
#include "ck_level.h"

/// Scaled dot-product attention, O = softmax(scale · Q Kᵀ) V, without a tokens × tokens matrix in memory: a block of
/// queries at a time meets a block of keys at a time, with running maxima and sums (Dao et al., "FlashAttention",
/// 2022). The backward pass computes the probabilities again from the log of their sums.

/// Vectors of `width` contiguous numbers, one for each batch, token and head; strides count elements.
typedef struct {
  void *data;
  ptrdiff_t batch, token, head;
} ck_tokens;

typedef struct {
  ck_element element;  // of all tokens: fp32 or bf16
  size_t batch, heads, queries, keys, width;
  float scale;             // not negative
  int32_t causal;          // query i looks at keys 0…i
  const int32_t *lengths;  // of each sample, the keys that exist; NULL: all
  ck_tokens q, k, v, out;
  float *log_sums;  // [batch, heads, queries]: written forward, read backward
  // Only backward. Gradients are overwritten.
  ck_tokens g, dq, dk, dv;
} ck_attention_problem;

enum { CK_ATTENTION_MAX_WIDTH = 256 };

typedef struct {
  ck_level level;
  /// Bytes of scratch memory, aligned to 64, that one call needs.
  size_t (*scratch_bytes)(const ck_attention_problem *problem, int backward);
  /// Heads first ..< end, where head number sample · heads + head. A query that may look at nothing gets zeros.
  void (*forward)(const ck_attention_problem *problem, size_t first, size_t end, void *scratch);
  void (*backward)(const ck_attention_problem *problem, size_t first, size_t end, void *scratch);
} ck_attention;

/// The kernels compiled for a level, for tokens of an element type; ask only for levels up to ck_best_level().
const ck_attention *ck_attention_for(ck_level level, ck_element element);

#endif
