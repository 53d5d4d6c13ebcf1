// Kernels that work element by element. The loops are always inlined into callers that give them a constant operation
// and constant types: one body, specialised where it pays.
#ifndef CK_ELEMENTWISE_MAP_H
#define CK_ELEMENTWISE_MAP_H

#include "elementwise_math.h"

// `coarse`: the value will be rounded to bf16.
INLINE vf unary_value(ck_unary op, bool coarse, vf x) {
  switch (op) {
    case CK_NEGATE: return -x;
    case CK_ABS: return magnitude(x);
    case CK_SQUARE: return x * x;
    case CK_SQRT: return root(x);
    case CK_RSQRT: return 1.0f / root(x);
    case CK_RECIPROCAL: return 1.0f / x;
    case CK_EXP: return exp_of(x);
    case CK_LOG: return log_of(x);
    case CK_TANH: return tanh_of(x);
    case CK_SIGMOID: return sigmoid_of(x);
    case CK_SOFTPLUS: return softplus_of(x);
    case CK_RELU: return pick(x < 0.0f, splat(0), x);
    case CK_GELU: return activate(coarse, CK_ACTIVATION_GELU, x);
    case CK_GELU_TANH: return activate(coarse, CK_ACTIVATION_GELU_TANH, x);
    case CK_QUICK_GELU: return activate(coarse, CK_ACTIVATION_QUICK_GELU, x);
    default: return x;
  }
}

// f′, from the output where ck_unary_saves_output says so and from the input otherwise.
INLINE vf unary_slope(ck_unary op, bool coarse, vf s) {
  switch (op) {
    case CK_NEGATE: return splat(-1);
    case CK_ABS: return pick(s > 0.0f, splat(1), pick(s < 0.0f, splat(-1), s));
    case CK_SQUARE: return 2.0f * s;
    case CK_SQRT: return 0.5f / s;
    case CK_RSQRT: return -0.5f * s * s * s;
    case CK_RECIPROCAL: return -s * s;
    case CK_EXP: return s;
    case CK_LOG: return 1.0f / s;
    case CK_TANH: return 1.0f - s * s;
    case CK_SIGMOID: return s * (1.0f - s);
    case CK_SOFTPLUS: return sigmoid_of(s);
    case CK_RELU: return pick(s > 0.0f, splat(1), splat(0));
    case CK_GELU: return activation_slope(coarse, CK_ACTIVATION_GELU, s);
    case CK_GELU_TANH: return activation_slope(coarse, CK_ACTIVATION_GELU_TANH, s);
    case CK_QUICK_GELU: return activation_slope(coarse, CK_ACTIVATION_QUICK_GELU, s);
    default: return splat(1);
  }
}

INLINE vf binary_value(ck_binary op, vf a, vf b) {
  vf one = splat(1), zero = splat(0);
  switch (op) {
    case CK_ADD: return a + b;
    case CK_SUBTRACT: return a - b;
    case CK_MULTIPLY: return a * b;
    case CK_DIVIDE: return a / b;
    case CK_MAXIMUM: return larger(a, b);
    case CK_MINIMUM: return smaller(a, b);
    case CK_GREATER: return pick(a > b, one, zero);
    case CK_GREATER_EQUAL: return pick(a >= b, one, zero);
    case CK_EQUAL: return pick(a == b, one, zero);
    case CK_REVERSE_SUBTRACT: return b - a;
    case CK_REVERSE_DIVIDE: return b / a;
    default: return a;
  }
}

#define EACH_UNARY(DO)                                                                                             \
  DO(CK_COPY) DO(CK_NEGATE) DO(CK_ABS) DO(CK_SQUARE) DO(CK_SQRT) DO(CK_RSQRT) DO(CK_RECIPROCAL) DO(CK_EXP) DO(CK_LOG) \
  DO(CK_TANH) DO(CK_SIGMOID) DO(CK_SOFTPLUS) DO(CK_RELU) DO(CK_GELU) DO(CK_GELU_TANH) DO(CK_QUICK_GELU)
#define EACH_BINARY(DO)                                                                                      \
  DO(CK_ADD) DO(CK_SUBTRACT) DO(CK_MULTIPLY) DO(CK_DIVIDE) DO(CK_MAXIMUM) DO(CK_MINIMUM) DO(CK_GREATER)       \
  DO(CK_GREATER_EQUAL) DO(CK_EQUAL) DO(CK_REVERSE_SUBTRACT) DO(CK_REVERSE_DIVIDE)

// The loops of one operand take whole vectors alone, so that their constants stay in registers; what is left of an array
// goes through them as a vector of its own.
INLINE void unary_loop(ck_unary op, ck_element xt, const void *x, ck_element yt, void *y, size_t n, int stream) {
  int halves = xt == CK_BF16 && yt == CK_BF16;
  for (size_t i = 0; i < n; i += LANES)
    store_lanes(halves, y, yt, i, unary_value(op, yt == CK_BF16, load_lanes(halves, x, xt, i)), stream);
}

// To bf16, denormal numbers and NaN too.
INLINE void round_loop(ck_element xt, const void *x, uint16_t *y, size_t n, int stream) {
  for (size_t i = 0; i < n; i += LANES)
    store_halves(y + i, LANES, to_bf16_exactly(load(x, xt, i, i + LANES)), stream);
}

static void cast_vectors(ck_element xt, const void *x, ck_element yt, void *y, size_t n, int stream) {
  if (xt == CK_F16) WITH_TYPE(yt, Y, unary_loop(CK_COPY, CK_F16, x, Y, y, n, stream));
  else if (yt == CK_F32) WITH_TYPE(xt, X, unary_loop(CK_COPY, X, x, CK_F32, y, n, stream));
  else WITH_TYPE(xt, X, round_loop(X, x, y, n, stream));
}

static void cast(ck_element xt, const void *x, ck_element yt, void *y, size_t n, int stream) {
  stream = can_stream(stream, y, yt, 1, n);
  size_t whole = n - n % LANES;
  cast_vectors(xt, x, yt, y, whole, stream);
  if (whole < n) {
    vf last = load(x, xt, whole, n), out;
    cast_vectors(CK_F32, &last, yt, &out, LANES, 0);
    memcpy(out_at(y, yt, whole), &out, (n - whole) * size_of(yt));
  }
  end_stream(stream);
}

static void unary_vectors(ck_unary op, ck_element xt, const void *x, ck_element yt, void *y, size_t n, int stream) {
  switch (op) {
#define CASE(OP) \
  case OP: WITH_TYPE(xt, X, WITH_TYPE(yt, Y, unary_loop(OP, X, x, Y, y, n, stream))); break;
    EACH_UNARY(CASE)
#undef CASE
    default: break;
  }
}

static void unary(ck_unary op, ck_element xt, const void *x, ck_element yt, void *y, size_t n, int stream) {
  stream = can_stream(stream, y, yt, 1, n);
  size_t whole = n - n % LANES;
  unary_vectors(op, xt, x, yt, y, whole, stream);
  if (whole < n) {
    vf last = load(x, xt, whole, n), out;
    unary_vectors(op, CK_F32, &last, yt, &out, LANES, 0);
    memcpy(out_at(y, yt, whole), &out, (n - whole) * size_of(yt));
  }
  end_stream(stream);
}

INLINE void slope_loop(ck_unary op, ck_element gt, const void *g, ck_element st, const void *saved, ck_element dt, void *dx,
                       size_t n, int stream) {
  int halves = gt == CK_BF16 && st == CK_BF16 && dt == CK_BF16;
  for (size_t i = 0; i < n; i += LANES) {
    vf slope = unary_slope(op, dt == CK_BF16, load_lanes(halves, saved, st, i));
    store_lanes(halves, dx, dt, i, load_lanes(halves, g, gt, i) * slope, stream);
  }
}

static void slope_vectors(ck_unary op, ck_element gt, const void *g, ck_element st, const void *saved, ck_element dt, void *dx,
                          size_t n, int stream) {
  switch (op) {
#define CASE(OP)                                                                                          \
  case OP:                                                                                                \
    if (st == dt) WITH_TYPE(gt, G, WITH_TYPE(dt, D, slope_loop(OP, G, g, D, saved, D, dx, n, stream)));   \
    else slope_loop(OP, gt, g, st, saved, dt, dx, n, stream);                                             \
    break;
    EACH_UNARY(CASE)
#undef CASE
    default: break;
  }
}

static void unary_backward(ck_unary op, ck_element gt, const void *g, ck_element st, const void *saved, ck_element dt, void *dx,
                           size_t n, int stream) {
  stream = can_stream(stream, dx, dt, 1, n);
  size_t whole = n - n % LANES;
  slope_vectors(op, gt, g, st, saved, dt, dx, whole, stream);
  if (whole < n) {
    vf last_g = load(g, gt, whole, n), last = load(saved, st, whole, n), out;
    slope_vectors(op, CK_F32, &last_g, CK_F32, &last, dt, &out, LANES, 0);
    memcpy(out_at(dx, dt, whole), &out, (n - whole) * size_of(dt));
  }
  end_stream(stream);
}

INLINE void binary_loop(ck_binary op, ck_element at, const void *a, ck_element bt, const void *b, ck_element ct, void *c,
                        size_t n, int stream) {
  for (size_t i = 0; i < n; i += LANES)
    store(c, ct, i, n, binary_value(op, load(a, at, i, n), load(b, bt, i, n)), stream);
}

INLINE void scalar_loop(ck_binary op, ck_element at, const void *a, float b, ck_element ct, void *c, size_t n, int stream) {
  for (size_t i = 0; i < n; i += LANES)
    store(c, ct, i, n, binary_value(op, load(a, at, i, n), splat(b)), stream);
}

INLINE void binary_types(ck_binary op, ck_element at, const void *a, ck_element bt, const void *b, ck_element ct, void *c,
                         size_t n, int stream) {
  if (at == ct) WITH_TYPE(at, A, WITH_TYPE(bt, B, binary_loop(op, A, a, B, b, A, c, n, stream)));
  else binary_loop(op, at, a, bt, b, ct, c, n, stream);
}

INLINE void scalar_types(ck_binary op, ck_element at, const void *a, float b, ck_element ct, void *c, size_t n, int stream) {
  if (at == ct) WITH_TYPE(at, A, scalar_loop(op, A, a, b, A, c, n, stream));
  else scalar_loop(op, at, a, b, ct, c, n, stream);
}

static void binary(ck_binary op, ck_element at, const void *a, ck_element bt, const void *b, ck_element ct, void *c, size_t n,
                   int stream) {
  stream = can_stream(stream, c, ct, 1, n);
  switch (op) {
#define CASE(OP) case OP: binary_types(OP, at, a, bt, b, ct, c, n, stream); break;
    EACH_BINARY(CASE)
#undef CASE
    default: break;
  }
  end_stream(stream);
}

static void binary_scalar(ck_binary op, ck_element at, const void *a, float b, ck_element ct, void *c, size_t n, int stream) {
  stream = can_stream(stream, c, ct, 1, n);
  switch (op) {
#define CASE(OP) case OP: scalar_types(OP, at, a, b, ct, c, n, stream); break;
    EACH_BINARY(CASE)
#undef CASE
    default: break;
  }
  end_stream(stream);
}

static void binary_row(ck_binary op, ck_element at_, const void *a, ck_element bt, const void *b, ck_element ct, void *c,
                       size_t rows, size_t n, int stream) {
  stream = can_stream(stream, c, ct, rows, n);
  switch (op) {
#define CASE(OP)                                                                              \
  case OP:                                                                                    \
    for (size_t r = 0; r < rows; r++)                                                         \
      binary_types(OP, at_, at(a, at_, r *n), bt, b, ct, out_at(c, ct, r *n), n, stream);     \
    break;
    EACH_BINARY(CASE)
#undef CASE
    default: break;
  }
  end_stream(stream);
}

static void binary_column(ck_binary op, ck_element at_, const void *a, ck_element bt, const void *b, ck_element ct, void *c,
                          size_t rows, size_t n, int stream) {
  stream = can_stream(stream, c, ct, rows, n);
  switch (op) {
#define CASE(OP)                                                                                       \
  case OP:                                                                                             \
    for (size_t r = 0; r < rows; r++)                                                                  \
      scalar_types(OP, at_, at(a, at_, r *n), load(b, bt, r, r + 1)[0], ct, out_at(c, ct, r *n), n,    \
                   stream);                                                                            \
    break;
    EACH_BINARY(CASE)
#undef CASE
    default: break;
  }
  end_stream(stream);
}

INLINE void scaled_add_loop(float alpha, ck_element at, const void *a, float beta, ck_element bt, const void *b, ck_element ct,
                            void *c, size_t n, int stream) {
  for (size_t i = 0; i < n; i += LANES)
    store(c, ct, i, n, alpha * load(a, at, i, n) + beta * load(b, bt, i, n), stream);
}

static void scaled_add(float alpha, ck_element at, const void *a, float beta, ck_element bt, const void *b, ck_element ct,
                       void *c, size_t n, int stream) {
  stream = can_stream(stream, c, ct, 1, n);
  if (at == ct) WITH_TYPE(at, A, WITH_TYPE(bt, B, scaled_add_loop(alpha, A, a, beta, B, b, A, c, n, stream)));
  else scaled_add_loop(alpha, at, a, beta, bt, b, ct, c, n, stream);
  end_stream(stream);
}

#endif
