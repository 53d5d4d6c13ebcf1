// Optimizer steps: one pass over parameters, gradients and moments, in place.
#ifndef CK_ELEMENTWISE_OPTIMIZERS_H
#define CK_ELEMENTWISE_OPTIMIZERS_H

#include "elementwise_vectors.h"

// Loshchilov and Hutter (2019), algorithm 2, with the weight decay multiplied by the rate, as PyTorch has it.
static void adamw(ck_adamw with, float *p, const float *g, float *m, float *v, size_t n) {
  float keep = 1 - with.rate * with.weight_decay, step = with.rate / with.correction1;
  float inverse_root = 1 / __builtin_sqrtf(with.correction2);
  for (size_t i = 0; i < n; i += LANES) {
    vf gi = load(g, CK_F32, i, n) * with.gradient_scale;
    vf mi = with.beta1 * load(m, CK_F32, i, n) + (1 - with.beta1) * gi;
    vf vi_ = with.beta2 * load(v, CK_F32, i, n) + (1 - with.beta2) * (gi * gi);
    vf change = step * mi / (root(vi_) * inverse_root + with.epsilon);
    store(p, CK_F32, i, n, keep * load(p, CK_F32, i, n) - change, 0);
    store(m, CK_F32, i, n, mi, 0);
    store(v, CK_F32, i, n, vi_, 0);
  }
}

static void sgd(ck_sgd with, float *p, const float *g, float *velocity, size_t n) {
  for (size_t i = 0; i < n; i += LANES) {
    vf pi = load(p, CK_F32, i, n);
    vf gi = load(g, CK_F32, i, n) * with.gradient_scale + with.weight_decay * pi;
    vf speed = with.momentum * load(velocity, CK_F32, i, n) + gi;
    vf step = with.nesterov ? gi + with.momentum * speed : speed;
    store(p, CK_F32, i, n, pi - with.rate * step, 0);
    store(velocity, CK_F32, i, n, speed, 0);
  }
}

#endif
