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

#if MASKS
// Where three rows of softmax are on their way through one loop. Each pointer may be NULL.
typedef struct {
  const void *highest;  // whose maximum is sought
  const void *raised;   // whose exponentials are taken, less its maximum
  void *done;           // whose exponentials are divided by their sum
  float top, inverse;   // of `raised`, of `done`
  float *kept;          // exponentials that come
  const float *earlier; // and those that go
} softmax_stages;

// Elements i ..< i + 16 of all three.
INLINE void softmax_part(softmax_stages at_work, ck_element xt, ck_element yt, size_t i, size_t n, int stream, vf *most,
                         vf *sum) {
  const float none = -__builtin_inff();
  if (at_work.highest) {
    __builtin_prefetch(at(at_work.highest, xt, (xt == CK_F32 ? 2 : 1) * n + i), 0, 2);
    *most = top_of(load_or(at_work.highest, xt, i, n, none), *most);
  }
  if (at_work.raised) {
    vf e = exponential(load_or(at_work.raised, xt, i, n, none) - at_work.top);
    *(vf_loose *)(at_work.kept + i) = e;
    *sum += e;
  }
  if (at_work.done) store(at_work.done, yt, i, n, *(const vf_loose *)(at_work.earlier + i) * at_work.inverse, stream);
}

// The same as row after row, but while a row's quotients leave for memory the next one's exponentials are computed and
// the maximum of the one after it: in bursts they would fill the queue of stores and keep everything else waiting.
INLINE void softmax_rows(ck_element xt, const void *x, ck_element yt, void *y, size_t rows, size_t n, int stream) {
  enum { APART = KEPT_ROW + 512 };  // half a page off: a load near a store's place in its page would wait for it
  float kept[2 * APART];
  softmax_stages at_work = {0};
  for (size_t r = 0; r < rows + 2; r++) {
    at_work.highest = r < rows ? at(x, xt, r * n) : NULL;
    at_work.raised = r >= 1 && r <= rows ? at(x, xt, (r - 1) * n) : NULL;
    at_work.done = r >= 2 ? out_at(y, yt, (r - 2) * n) : NULL;
    at_work.kept = kept + r % 2 * APART;
    at_work.earlier = kept + (r + 1) % 2 * APART;
    vf none = splat(-__builtin_inff()), most = none, other = none, a = {}, b = {};
    for (size_t i = 0; i < n; i += 2 * LANES) {
      softmax_part(at_work, xt, yt, i, n, stream, &most, &a);
      if (i + LANES < n) softmax_part(at_work, xt, yt, i + LANES, n, stream, &other, &b);
    }
    at_work.inverse = 1.0f / (sum_lanes(a + b) + (at_work.top - at_work.top));
    at_work.top = max_lanes(top_of(most, other));
  }
}
#endif

static void softmax(ck_element xt, const void *x, ck_element yt, void *y, size_t rows, size_t n, int stream) {
  stream = can_stream(stream, y, yt, rows, n);
#if MASKS  // with fewer registers than AVX-512 has, three rows at a time are slower
  if (n <= KEPT_ROW) {
    WITH_TYPE(xt, X, WITH_TYPE(yt, Y, softmax_rows(X, x, Y, y, rows, n, stream)));
    return end_stream(stream);
  }
#endif
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
