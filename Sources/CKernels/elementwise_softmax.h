// Softmax and cross-entropy, a row at a time. A row stays in the first-level cache between its passes.
#ifndef CK_ELEMENTWISE_SOFTMAX_H
#define CK_ELEMENTWISE_SOFTMAX_H

#include "elementwise_fold.h"
#include "elementwise_reduce.h"

enum { KEPT_ROW = 2048 };  // longer rows compute their exponentials twice instead of keeping them

// exp(x) for x ≤ 0; what is below the normal numbers is 0, NaN gives anything.
INLINE vf exponential(vf x) { return binary_exponential(at_least(x * 1.44269504f, -200.0f)); }

// The row's maximum, and Σ exp(x − max), which is NaN where the maximum is not finite; exponentials go to `kept` unless it
// is NULL.
INLINE float row_exponentials(ck_element type, const void *x, size_t n, float *kept, float *maximum) {
  vf none = splat(-__builtin_inff()), most = none, other = none;
  for (size_t i = 0; i < n; i += 2 * LANES) {
    most = top_of(load_or(x, type, i, n, none[0]), most);
    if (i + LANES < n) other = top_of(load_or(x, type, i + LANES, n, none[0]), other);
  }
  float top = max_lanes(top_of(most, other));
  *maximum = top;
  double total = 0;
  for (size_t start = 0; start < n; start += SUM_BLOCK) {
    size_t end = n - start < SUM_BLOCK ? n : start + SUM_BLOCK;
    vf a = {}, b = {};
    for (size_t i = start; i < end; i += 2 * LANES) {
      __builtin_prefetch(at(x, type, n + i), 0, 3);  // of the next row, while this one is computed
      __builtin_prefetch(at(x, type, n + i + LANES), 0, 3);
      vf e = exponential(load_or(x, type, i, end, none[0]) - top);
      if (kept) *(vf_loose *)(kept + i) = e;
      a += e;
      if (i + LANES >= end) break;
      e = exponential(load_or(x, type, i + LANES, end, none[0]) - top);
      if (kept) *(vf_loose *)(kept + i + LANES) = e;
      b += e;
    }
    total += (double)sum_lanes(a + b);
  }
  return (float)total + (top - top);
}

INLINE void softmax_row(ck_element xt, const void *x, ck_element yt, void *y, size_t n, int stream) {
  float kept[KEPT_ROW], top;
  if (n <= KEPT_ROW) {
    float inverse = 1.0f / row_exponentials(xt, x, n, kept, &top);
    for (size_t i = 0; i < n; i += LANES) store(y, yt, i, n, *(vf_loose *)(kept + i) * inverse, stream);
  } else {
    float inverse = 1.0f / row_exponentials(xt, x, n, NULL, &top);
    for (size_t i = 0; i < n; i += LANES)
      store(y, yt, i, n, exponential(load(x, xt, i, n) - top) * inverse, stream);
  }
}

static void softmax(ck_element xt, const void *x, ck_element yt, void *y, size_t rows, size_t n, int stream) {
  stream = can_stream(stream, y, yt, rows, n);
  for (size_t r = 0; r < rows; r++) {
    const void *in = at(x, xt, r * n);
    void *out = out_at(y, yt, r * n);
    WITH_TYPE(xt, X, WITH_TYPE(yt, Y, softmax_row(X, in, Y, out, n, stream)));
  }
  end_stream(stream);
}

// Σ a b (or Σ a) over a row.
INLINE float row_dot(ck_element at, const void *a, ck_element bt, const void *b, size_t n) {
  double total = 0;
  for (size_t start = 0; start < n; start += SUM_BLOCK) {
    size_t end = n - start < SUM_BLOCK ? n : start + SUM_BLOCK;
    vf s = {};
    for (size_t i = start; i < end; i += LANES) s += load(a, at, i, end) * load(b, bt, i, end);
    total += (double)sum_lanes(s);
  }
  return (float)total;
}

// dx = y (g − Σ g y)
INLINE void softmax_backward_row(ck_element gt, const void *g, ck_element yt, const void *y, ck_element dt, void *dx, size_t n,
                                 int stream) {
  float dot = row_dot(gt, g, yt, y, n);
  for (size_t i = 0; i < n; i += LANES)
    store(dx, dt, i, n, load(y, yt, i, n) * (load(g, gt, i, n) - dot), stream);
}

static void softmax_backward(ck_element gt, const void *g, ck_element yt, const void *y, ck_element dt, void *dx, size_t rows,
                             size_t n, int stream) {
  stream = can_stream(stream, dx, dt, rows, n);
  for (size_t r = 0; r < rows; r++) {
    const void *gr = at(g, gt, r * n), *yr = at(y, yt, r * n);
    void *dr = out_at(dx, dt, r * n);
    if (gt == dt && yt == dt) WITH_TYPE(dt, T, softmax_backward_row(T, gr, T, yr, T, dr, n, stream));
    else softmax_backward_row(gt, gr, yt, yr, dt, dr, n, stream);
  }
  end_stream(stream);
}

INLINE float log_scalar(float x) { return log_of(splat(x))[0]; }

static void log_softmax(ck_element xt, const void *x, ck_element yt, void *y, size_t rows, size_t n, int stream) {
  stream = can_stream(stream, y, yt, rows, n);
  for (size_t r = 0; r < rows; r++) {
    const void *in = at(x, xt, r * n);
    void *out = out_at(y, yt, r * n);
    float top, log_total = log_scalar(row_exponentials(xt, in, n, NULL, &top));
    // Not x − (top + log Σ): that would round the small difference away where top is large.
    for (size_t i = 0; i < n; i += LANES) store(out, yt, i, n, (load(in, xt, i, n) - top) - log_total, stream);
  }
  end_stream(stream);
}

// dx = g − exp(y) Σ g
static void log_softmax_backward(ck_element gt, const void *g, ck_element yt, const void *y, ck_element dt, void *dx,
                                 size_t rows, size_t n, int stream) {
  stream = can_stream(stream, dx, dt, rows, n);
  for (size_t r = 0; r < rows; r++) {
    const void *gr = at(g, gt, r * n), *yr = at(y, yt, r * n);
    void *dr = out_at(dx, dt, r * n);
    float total = (float)sum(gt, gr, n);
    for (size_t i = 0; i < n; i += LANES)
      store(dr, dt, i, n, load(gr, gt, i, n) - exp_of(load(yr, yt, i, n)) * total, stream);
  }
  end_stream(stream);
}

static void cross_entropy(ck_element type, const void *x, const int32_t *ids, ck_targets targets, float *loss, float *lse,
                          size_t rows, size_t n) {
  for (size_t r = 0; r < rows; r++) {
    const void *row = at(x, type, r * n);
    float top, log_total = log_scalar(row_exponentials(type, row, n, NULL, &top));
    lse[r] = top + log_total;
    if (ids[r] == targets.ignored) {
      loss[r] = 0;
      continue;
    }
    size_t id = (size_t)ids[r];
    float value = log_total - (load(row, type, id, id + 1)[0] - top);
    if (targets.smoothing != 0) {
      float uniform = log_total - (float)(sum(type, row, n) / (double)n - (double)top);
      value = (1 - targets.smoothing) * value + targets.smoothing * uniform;
    }
    loss[r] = value;
  }
}

static void cross_entropy_backward(ck_element xt, const void *x, const int32_t *ids, ck_targets targets, const float *lse,
                                   float scale, const float *g, ck_element dt, void *dx, size_t rows, size_t n,
                                   int stream) {
  (void)stream;  // the target's element is corrected after the row is written
  for (size_t r = 0; r < rows; r++) {
    const void *row = at(x, xt, r * n);
    void *out = out_at(dx, dt, r * n);
    if (ids[r] == targets.ignored) {
      memset(out, 0, n * size_of(dt));
      continue;
    }
    float factor = g ? scale * g[r] : scale, spread = targets.smoothing / (float)n;
    size_t id = (size_t)ids[r];
    float at_id = exp_of(splat(load(row, xt, id, id + 1)[0] - lse[r]))[0] - spread - (1 - targets.smoothing);
    for (size_t i = 0; i < n; i += LANES)
      store(out, dt, i, n, (exp_of(load(row, xt, i, n) - lse[r]) - spread) * factor, 0);
    store(out, dt, id, id + 1, splat(at_id * factor), 0);
  }
}

static void cross_entropy_probabilities(ck_element xt, const void *x, ck_element pt, const void *p, float *loss, float *lse,
                                        size_t rows, size_t n) {
  for (size_t r = 0; r < rows; r++) {
    const void *row = at(x, xt, r * n), *target = at(p, pt, r * n);
    float top, log_total = log_scalar(row_exponentials(xt, row, n, NULL, &top));
    lse[r] = top + log_total;
    double total = 0;
    for (size_t start = 0; start < n; start += SUM_BLOCK) {
      size_t end = n - start < SUM_BLOCK ? n : start + SUM_BLOCK;
      vf s = {};
      for (size_t i = start; i < end; i += LANES) {
        vf weight = load(target, pt, i, end);
        vf cost = log_total - (load(row, xt, i, end) - top);
        s += pick(weight == 0.0f, splat(0), weight * cost);  // 0 · ∞ = 0: an impossible class that is not asked for
      }
      total += (double)sum_lanes(s);
    }
    loss[r] = (float)total;
  }
}

static void cross_entropy_probabilities_backward(ck_element xt, const void *x, ck_element pt, const void *p, const float *lse,
                                                 float scale, const float *g, ck_element dt, void *dx, size_t rows,
                                                 size_t n, int stream) {
  stream = can_stream(stream, dx, dt, rows, n);
  for (size_t r = 0; r < rows; r++) {
    const void *row = at(x, xt, r * n), *target = at(p, pt, r * n);
    void *out = out_at(dx, dt, r * n);
    float factor = g ? scale * g[r] : scale, mass = (float)sum(pt, target, n);
    for (size_t i = 0; i < n; i += LANES) {
      vf share = exp_of(load(row, xt, i, n) - lse[r]) * mass;
      store(out, dt, i, n, (share - load(target, pt, i, n)) * factor, stream);
    }
  }
  end_stream(stream);
}

#endif
