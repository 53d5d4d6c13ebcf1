// Layer norm (Ba et al. 2016) and L2 normalisation: a row is made whole from its own numbers.
#ifndef CK_ELEMENTWISE_NORM_H
#define CK_ELEMENTWISE_NORM_H

#include "elementwise_fold.h"
#include "elementwise_reduce.h"

INLINE float sum_deviations(ck_element type, const void *x, float mean, size_t n) {
  double total = 0;
  for (size_t start = 0; start < n; start += SUM_BLOCK) {
    size_t end = n - start < SUM_BLOCK ? n : start + SUM_BLOCK;
    vf a = {}, b = {};
    size_t i = start;
    for (; i + LANES < end; i += 2 * LANES) {
      vf v = load_or(x, type, i, end, mean) - mean, w = load_or(x, type, i + LANES, end, mean) - mean;
      a += v * v;
      b += w * w;
    }
    if (i < end) {
      vf v = load_or(x, type, i, end, mean) - mean;
      a += v * v;
    }
    total += (double)sum_lanes(a + b);
  }
  return (float)total;
}

// A row of at most this length is summed up in fp32 alone.
enum { SHORT_ROW = SUM_BLOCK };

// Elements i ..< i + 16 of a row of n. By parity all are there, and fp32 ones are already in that order.
INLINE vf load_of_row(int parity, const void *row, ck_element type, size_t i, size_t n, float fill) {
  return parity ? load_lanes(type == CK_BF16, row, type, i) : load_or(row, type, i, n, fill);
}

// Σ (x − origin) of a row's lanes, and Σ (x − origin)²; either may be NULL.
INLINE void sums_from(int parity, ck_element xt, const void *row, float origin, size_t n, vf *sum, vf *squares) {
  vf a = {}, b = {}, aa = {}, bb = {};
  for (size_t i = 0; i < n; i += 2 * LANES) {
    vf v = load_of_row(parity, row, xt, i, n, origin) - origin;
    a += v;
    aa += v * v;
    if (i + LANES >= n) break;
    v = load_of_row(parity, row, xt, i + LANES, n, origin) - origin;
    b += v;
    bb += v * v;
  }
  if (sum) *sum = parity ? in_order(a + b) : a + b;
  if (squares) *squares = parity ? in_order(aa + bb) : aa + bb;
}

// Up to sixteen short rows together: their means and deviations come out as vectors, so that no row waits for them.
// With `parity` the rows are whole vectors of bf16, with lanes in that order: gamma and beta come in it, sums leave it.
// Rows are read twice for their deviations; but those of bf16 once, since converting them is what takes the time (and
// registers for four sums are there): around an element of the row, Σ (x − x₀)² is at most n + 1 times the sum around
// the mean, so that subtracting the two loses no more than the last bits.
INLINE void layer_norm_rows(int parity, ck_element xt, const void *x, const float *gamma, const float *beta, float epsilon,
                            ck_element yt, void *y, float *mean, float *rstd, size_t rows, size_t n, int stream) {
  const bool once = MASKS && xt == CK_BF16;
  const float share = 1.0f / (float)n;
  vf sums[LANES] = {}, squares[LANES] = {}, origins = {};
  for (size_t r = 0; r < rows; r++) {
    const void *row = at(x, xt, r * n);
    float origin = once ? load(row, xt, 0, 1)[0] : 0;
    origins[r] = origin;
    sums_from(parity, xt, row, origin, n, sums + r, once ? squares + r : NULL);
  }
  vf means = across_rows(0, sums) * share, deviations;
  if (once) {
    deviations = across_rows(0, squares) * share - means * means;
    deviations = pick(deviations < 0, (vf){}, deviations);
    means += origins;
  } else {
    for (size_t r = 0; r < rows; r++) sums_from(parity, xt, at(x, xt, r * n), means[r], n, NULL, squares + r);
    deviations = across_rows(0, squares) * share;
  }
  vf scales = 1.0f / root(deviations + epsilon);
  store(mean, CK_F32, 0, rows, means, 0);
  store(rstd, CK_F32, 0, rows, scales, 0);
  for (size_t r = 0; r < rows; r++) {
    const void *in = at(x, xt, r * n);
    void *out = out_at(y, yt, r * n);
    float m = means[r], s = scales[r];
    for (size_t i = 0; i < n; i += LANES) {
      __builtin_prefetch(at(in, xt, LANES * n + i), 0, 2);  // the next rows, as far as L2: in L1 is no room for them
      vf v = (load_of_row(parity, in, xt, i, n, 0) - m) * s;
      if (gamma) v *= load_of_row(parity, gamma, CK_F32, i, n, 0);
      if (beta) v += load_of_row(parity, beta, CK_F32, i, n, 0);
      if (parity) store_lanes(1, out, yt, i, v, stream);
      else store(out, yt, i, n, v, stream);
    }
  }
}

INLINE void layer_norm_row(ck_element xt, const void *x, const float *gamma, const float *beta, float epsilon, ck_element yt,
                           void *y, float *mean, float *rstd, size_t n, int stream) {
  float m = (float)(sum_loop(0, xt, x, n) / (double)n);
  float s = 1.0f / __builtin_sqrtf(sum_deviations(xt, x, m, n) / (float)n + epsilon);
  *mean = m;
  *rstd = s;
  for (size_t i = 0; i < n; i += LANES) {
    vf v = (load(x, xt, i, n) - m) * s;
    if (gamma) v *= load(gamma, CK_F32, i, n);
    if (beta) v += load(beta, CK_F32, i, n);
    store(y, yt, i, n, v, stream);
  }
}

// c as sixteen-lane vectors by parity, or NULL where c is.
INLINE const float *columns_by_parity(const float *c, float *kept, size_t n) {
  for (size_t i = 0; c && i < n; i += LANES) store(kept, CK_F32, i, n, by_parity(load(c, CK_F32, i, n)), 0);
  return c ? kept : NULL;
}

static void layer_norm(ck_element xt, const void *x, const float *gamma, const float *beta, float epsilon, ck_element yt,
                       void *y, float *mean, float *rstd, size_t rows, size_t n, int stream) {
  stream = can_stream(stream, y, yt, rows, n);
  size_t together = n <= SHORT_ROW ? LANES : 1;
  bool parity = AVX2 && xt == CK_BF16 && yt == CK_BF16 && n <= SHORT_ROW && n % LANES == 0 && rows > 1;
  float kept[2][AVX2 ? SHORT_ROW : 1];
  if (parity) {
    gamma = columns_by_parity(gamma, kept[0], n);
    beta = columns_by_parity(beta, kept[1], n);
  }
  for (size_t r = 0; r < rows; r += together) {
    const void *in = at(x, xt, r * n);
    void *out = out_at(y, yt, r * n);
    size_t count = rows - r < together ? rows - r : together;
    if (together == 1)
      layer_norm_row(xt, in, gamma, beta, epsilon, yt, out, mean + r, rstd + r, n, stream);
    else if (parity)
      layer_norm_rows(AVX2, CK_BF16, in, gamma, beta, epsilon, CK_BF16, out, mean + r, rstd + r, count, n, stream);
    else
      WITH_TYPE(xt, X, WITH_TYPE(yt, Y, layer_norm_rows(0, X, in, gamma, beta, epsilon, Y, out, mean + r, rstd + r, count,
                                                        n, stream)));
  }
  end_stream(stream);
}

// dx = rstd (h − mean(h) − x̂ mean(h x̂)), h = g gamma.
INLINE void layer_norm_backward_row(ck_element gt, const void *g, ck_element xt, const void *x, const float *gamma, float mean,
                                    float rstd, ck_element dt, const void *residual, void *dx, float *dgamma, float *dbeta,
                                    size_t n, int stream) {
  vf sum_h = {}, sum_hx = {};
  for (size_t i = 0; i < n; i += LANES) {
    vf gi = load(g, gt, i, n);
    vf normal = (load_or(x, xt, i, n, mean) - mean) * rstd;
    if (dgamma) store(dgamma, CK_F32, i, n, load(dgamma, CK_F32, i, n) + gi * normal, 0);
    if (dbeta) store(dbeta, CK_F32, i, n, load(dbeta, CK_F32, i, n) + gi, 0);
    vf h = gamma ? gi * load(gamma, CK_F32, i, n) : gi;
    sum_h += h;
    sum_hx += h * normal;
  }
  float mean_h = sum_lanes(sum_h) / (float)n, mean_hx = sum_lanes(sum_hx) / (float)n;
  for (size_t i = 0; i < n; i += LANES) {
    vf h = load(g, gt, i, n);
    if (gamma) h *= load(gamma, CK_F32, i, n);
    vf normal = (load(x, xt, i, n) - mean) * rstd;
    vf d = (h - mean_h - normal * mean_hx) * rstd;
    if (residual) d += load(residual, dt, i, n);
    store(dx, dt, i, n, d, stream);
  }
}

static void layer_norm_backward(ck_element gt, const void *g, ck_element xt, const void *x, const float *gamma,
                                const float *mean, const float *rstd, ck_element dt, const void *residual, void *dx,
                                float *dgamma, float *dbeta, size_t rows, size_t n, int stream) {
  stream = can_stream(stream, dx, dt, rows, n);
  if (dgamma) memset(dgamma, 0, n * sizeof *dgamma);
  if (dbeta) memset(dbeta, 0, n * sizeof *dbeta);
  for (size_t r = 0; r < rows; r++) {
    const void *gr = at(g, gt, r * n), *xr = at(x, xt, r * n), *rr = residual ? at(residual, dt, r * n) : NULL;
    void *dr = out_at(dx, dt, r * n);
    if (xt == dt && gamma && dgamma && dbeta)
      WITH_TYPE(gt, G, WITH_TYPE(dt, D, layer_norm_backward_row(G, gr, D, xr, gamma, mean[r], rstd[r], D, rr, dr, dgamma,
                                                                dbeta, n, stream)));
    else layer_norm_backward_row(gt, gr, xt, xr, gamma, mean[r], rstd[r], dt, rr, dr, dgamma, dbeta, n, stream);
  }
  end_stream(stream);
}

static void l2_normalize(ck_element xt, const void *x, float epsilon, ck_element yt, void *y, float *inverse, size_t rows,
                         size_t n, int stream) {
  stream = can_stream(stream, y, yt, rows, n);
  for (size_t r = 0; r < rows; r++) {
    const void *in = at(x, xt, r * n);
    void *out = out_at(y, yt, r * n);
    // The square root is taken in double: the sum of squares overflows fp32 long before the norm does.
    double squares = sum_loop(1, xt, in, n);
    if (!(squares < 3e38)) {
      float top = 0;
      for (size_t i = 0; i < n; i += LANES) {
        float m = max_lanes(magnitude(load(in, xt, i, n)));
        top = m > top || m != m ? m : top;
      }
      squares = 0;
      for (size_t i = 0; i < n; i += LANES) {
        vf v = load(in, xt, i, n) / top;
        squares += (double)sum_lanes(v * v);
      }
      squares *= (double)top * (double)top;
    }
    double norm = __builtin_sqrt(squares);
    float factor = (float)(1.0 / (norm < (double)epsilon ? (double)epsilon : norm));
    inverse[r] = factor;
    for (size_t i = 0; i < n; i += LANES) store(out, yt, i, n, load(in, xt, i, n) * factor, stream);
  }
  end_stream(stream);
}

// dx = (g − y (g · y)) / ‖x‖; below epsilon the norm is a constant.
static void l2_normalize_backward(ck_element gt, const void *g, ck_element yt, const void *y, const float *inverse,
                                  float epsilon, ck_element dt, void *dx, size_t rows, size_t n, int stream) {
  stream = can_stream(stream, dx, dt, rows, n);
  for (size_t r = 0; r < rows; r++) {
    const void *gr = at(g, gt, r * n), *yr = at(y, yt, r * n);
    void *dr = out_at(dx, dt, r * n);
    float dot = 0;
    if (inverse[r] < (float)(1.0 / (double)epsilon)) {
      vf s = {};
      for (size_t i = 0; i < n; i += LANES) s += load(gr, gt, i, n) * load(yr, yt, i, n);
      dot = sum_lanes(s);
    }
    for (size_t i = 0; i < n; i += LANES)
      store(dr, dt, i, n, (load(gr, gt, i, n) - load(yr, yt, i, n) * dot) * inverse[r], stream);
  }
  end_stream(stream);
}

#endif
