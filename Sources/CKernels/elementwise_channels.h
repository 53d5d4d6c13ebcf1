// Batch norm (Ioffe and Szegedy 2015) over channels that lie last: a channel's moments, its norm, and their gradients.
#ifndef CK_ELEMENTWISE_CHANNELS_H
#define CK_ELEMENTWISE_CHANNELS_H

#include "elementwise_reduce.h"

// Two passes: the chunk is small enough to be still in the cache in the second.
INLINE void channel_moments_loop(ck_element type, const void *x, float *mean, float *m2, size_t rows, size_t c) {
  sum_columns_loop(type, x, mean, rows, c);
  float share = 1.0f / (float)rows;
  for (size_t j = 0; j < c; j++) mean[j] *= share;
  memset(m2, 0, c * sizeof *m2);
  size_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const void *p = at(x, type, r * c);
    for (size_t j = 0; j < c; j += LANES) {
      vf m = load(mean, CK_F32, j, c), d[4];
      for (size_t k = 0; k < 4; k++) d[k] = load(at(p, type, k * c), type, j, c) - m;
      vf total = (d[0] * d[0] + d[1] * d[1]) + (d[2] * d[2] + d[3] * d[3]);
      store(m2, CK_F32, j, c, load(m2, CK_F32, j, c) + total, 0);
    }
  }
  for (; r < rows; r++) {
    const void *p = at(x, type, r * c);
    for (size_t j = 0; j < c; j += LANES) {
      vf d = load(p, type, j, c) - load(mean, CK_F32, j, c);
      store(m2, CK_F32, j, c, load(m2, CK_F32, j, c) + d * d, 0);
    }
  }
}

static void channel_moments(ck_element type, const void *x, float *mean, float *m2, size_t rows, size_t c) {
  if (type == CK_F32) channel_moments_loop(CK_F32, x, mean, m2, rows, c);
  else channel_moments_loop(CK_BF16, x, mean, m2, rows, c);
}

// Chan, Golub and LeVeque's pairwise update (1983), in double.
static void merge_moments(const float *means, const float *m2s, size_t block, size_t rows, size_t c, float *mean,
                          float *variance) {
  for (size_t j = 0; j < c; j++) {
    double m = 0, m2 = 0, seen = 0;
    for (size_t start = 0, b = 0; start < rows; start += block, b++) {
      double count = (double)(rows - start < block ? rows - start : block);
      double delta = (double)means[b * c + j] - m, all = seen + count;
      m += delta * count / all;
      m2 += (double)m2s[b * c + j] + delta * delta * seen * count / all;
      seen = all;
    }
    mean[j] = (float)m;
    variance[j] = (float)(m2 / (double)rows);
  }
}

// Sixteen channels' constants. The gradients make the sign of the output again from the very same numbers.
typedef struct { vf mean, rstd, scale, beta; } channel_affine;

INLINE channel_affine channel_constants(const float *mean, const float *rstd, const float *gamma, const float *beta,
                                        size_t j, size_t c) {
  channel_affine k = {load(mean, CK_F32, j, c), load(rstd, CK_F32, j, c), {}, {}};
  k.scale = gamma ? k.rstd * load(gamma, CK_F32, j, c) : k.rstd;
  if (beta) k.beta = load(beta, CK_F32, j, c);
  return k;
}

INLINE vf channel_norm_value(channel_affine k, vf x, const float *beta) {
  vf v = (x - k.mean) * k.scale;
  if (beta) v += k.beta;
  return v;
}

INLINE void channel_norm_loop(ck_element xt, const void *x, const float *mean, const float *rstd, const float *gamma,
                              const float *beta, ck_element rt, const void *residual, int relu, ck_element yt, void *y,
                              size_t rows, size_t c, int stream) {
  for (size_t r = 0; r < rows; r++) {
    const void *in = at(x, xt, r * c), *more = residual ? at(residual, rt, r * c) : NULL;
    void *out = out_at(y, yt, r * c);
    for (size_t j = 0; j < c; j += LANES) {
      vf v = channel_norm_value(channel_constants(mean, rstd, gamma, beta, j, c), load(in, xt, j, c), beta);
      if (more) v += load(more, rt, j, c);
      if (relu) v = pick(v < 0.0f, splat(0), v);
      store(out, yt, j, c, v, stream);
    }
  }
}

static void channel_norm(ck_element xt, const void *x, const float *mean, const float *rstd, const float *gamma,
                         const float *beta, ck_element rt, const void *residual, int relu, ck_element yt, void *y,
                         size_t rows, size_t c, int stream) {
  stream = can_stream(stream, y, yt, rows, c);
  if (xt == yt && gamma && beta && !residual)
    WITH_TYPE(xt, T, channel_norm_loop(T, x, mean, rstd, gamma, beta, CK_F32, NULL, relu, T, y, rows, c, stream));
  else channel_norm_loop(xt, x, mean, rstd, gamma, beta, rt, residual, relu, yt, y, rows, c, stream);
  end_stream(stream);
}

// What the rectifier let through of g, by its output where there is one.
INLINE vf masked_gradient(vf g, channel_affine k, vf x, const float *beta, int relu, ck_element yt, const void *y, size_t j,
                          size_t c) {
  if (!relu) return g;
  vf output = y ? load(y, yt, j, c) : channel_norm_value(k, x, beta);
  return pick(output > 0.0f, g, splat(0));
}

INLINE void channel_norm_sums_rows(ck_element gt, const void *g, ck_element xt, const void *x, int relu, ck_element yt,
                                   const void *y, const float *mean, const float *rstd, const float *gamma,
                                   const float *beta, float *sum_g, float *sum_gx, size_t count, size_t c) {
  for (size_t j = 0; j < c; j += LANES) {
    channel_affine k = channel_constants(mean, rstd, gamma, beta, j, c);
    vf total = {}, total_x = {};
    for (size_t i = 0; i < count; i++) {
      size_t row = i * c;
      __builtin_prefetch(at(x, xt, row + 16 * c + j), 0, 3);  // the sums of four rows keep the core from running ahead
      __builtin_prefetch(at(g, gt, row + 16 * c + j), 0, 3);
      vf xi = load(at(x, xt, row), xt, j, c);
      vf v = masked_gradient(load(at(g, gt, row), gt, j, c), k, xi, beta, relu, yt, y ? at(y, yt, row) : NULL, j, c);
      total += v;
      total_x += v * ((xi - k.mean) * k.rstd);
    }
    store(sum_g, CK_F32, j, c, load(sum_g, CK_F32, j, c) + total, 0);
    store(sum_gx, CK_F32, j, c, load(sum_gx, CK_F32, j, c) + total_x, 0);
  }
}

INLINE void channel_norm_sums_loop(ck_element gt, const void *g, ck_element xt, const void *x, int relu, ck_element yt,
                                   const void *y, const float *mean, const float *rstd, const float *gamma,
                                   const float *beta, float *sum_g, float *sum_gx, size_t rows, size_t c) {
  memset(sum_g, 0, c * sizeof *sum_g);
  memset(sum_gx, 0, c * sizeof *sum_gx);
  for (size_t r = 0; r < rows; r += 4) {
    const void *gr = at(g, gt, r * c), *xr = at(x, xt, r * c), *yr = y ? at(y, yt, r * c) : NULL;
    if (rows - r >= 4)
      channel_norm_sums_rows(gt, gr, xt, xr, relu, yt, yr, mean, rstd, gamma, beta, sum_g, sum_gx, 4, c);
    else
      channel_norm_sums_rows(gt, gr, xt, xr, relu, yt, yr, mean, rstd, gamma, beta, sum_g, sum_gx, rows - r, c);
  }
}

static void channel_norm_sums(ck_element gt, const void *g, ck_element xt, const void *x, int relu, ck_element yt,
                              const void *y, const float *mean, const float *rstd, const float *gamma,
                              const float *beta, float *sum_g, float *sum_gx, size_t rows, size_t c) {
  if (gt == xt && relu && !y && gamma && beta)
    WITH_TYPE(xt, T, channel_norm_sums_loop(T, g, T, x, 1, T, NULL, mean, rstd, gamma, beta, sum_g, sum_gx, rows, c));
  else channel_norm_sums_loop(gt, g, xt, x, relu, yt, y, mean, rstd, gamma, beta, sum_g, sum_gx, rows, c);
}

INLINE void channel_norm_backward_loop(ck_element gt, const void *g, ck_element xt, const void *x, int relu,
                                       ck_element yt, const void *y, const float *mean, const float *rstd,
                                       const float *gamma, const float *beta, const float *mean_g,
                                       const float *mean_gx, ck_element dt, void *dx, void *dresidual, size_t rows,
                                       size_t c, int stream) {
  for (size_t r = 0; r < rows; r++) {
    size_t row = r * c;
    const void *in = at(x, xt, row);
    for (size_t j = 0; j < c; j += LANES) {
      channel_affine k = channel_constants(mean, rstd, gamma, beta, j, c);
      vf xi = load(in, xt, j, c);
      vf v = masked_gradient(load(at(g, gt, row), gt, j, c), k, xi, beta, relu, yt, y ? at(y, yt, row) : NULL, j, c);
      vf d = v;
      if (mean_g) {
        vf normal = (xi - k.mean) * k.rstd;
        d = v - load(mean_g, CK_F32, j, c) - normal * load(mean_gx, CK_F32, j, c);
      }
      store(out_at(dx, dt, row), dt, j, c, d * k.scale, stream);
      if (dresidual) store(out_at(dresidual, dt, row), dt, j, c, v, stream);
    }
  }
}

static void channel_norm_backward(ck_element gt, const void *g, ck_element xt, const void *x, int relu, ck_element yt,
                                  const void *y, const float *mean, const float *rstd, const float *gamma,
                                  const float *beta, const float *mean_g, const float *mean_gx, ck_element dt, void *dx,
                                  void *dresidual, size_t rows, size_t c, int stream) {
  stream = can_stream(stream, dx, dt, rows, c) && (!dresidual || can_stream(stream, dresidual, dt, rows, c));
  if (gt == xt && xt == dt && relu && !y && gamma && beta && mean_g && !dresidual)
    WITH_TYPE(xt, T, channel_norm_backward_loop(T, g, T, x, 1, T, NULL, mean, rstd, gamma, beta, mean_g, mean_gx, T, dx,
                                                NULL, rows, c, stream));
  else channel_norm_backward_loop(gt, g, xt, x, relu, yt, y, mean, rstd, gamma, beta, mean_g, mean_gx, dt, dx, dresidual,
                                  rows, c, stream);
  end_stream(stream);
}

#endif
