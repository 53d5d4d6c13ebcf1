// Pooling. Forward passes go over rows of the output, backward passes over rows of the input and gather what the windows
// above each pixel send: no two workers write the same place. A row is one y of one image.

typedef struct { int64_t first, end; } window;

// The part of the window at output `o` that lies in 0 ..< size.
ALWAYS window window_at(int64_t o, int64_t kernel, int64_t stride, int64_t pad, int64_t size) {
  int64_t start = o * stride - pad;
  return (window){start < 0 ? 0 : start, least(start + kernel, size)};
}

// The outputs whose windows cover input `i`.
ALWAYS window windows_over(int64_t i, int64_t kernel, int64_t stride, int64_t pad, int64_t outputs) {
  int64_t least_start = i + pad - kernel + 1;
  int64_t first = least_start <= 0 ? 0 : (least_start + stride - 1) / stride;
  return (window){first, least((i + pad) / stride + 1, outputs)};
}

// The largest of each window and its place in it (y × kernel_w + x). A NaN wins, and the first of equals.
static void max_pool(const ck_pool_shape *s, const void *in, void *out, uint16_t *place, int64_t first, int64_t count) {
  for (int64_t row = first; row < first + count; row++) {
    int64_t n = row / s->out_h, oy = row % s->out_h;
    window ys = window_at(oy, s->kernel_h, s->stride_h, s->pad_h, s->in_h);
    for (int64_t ox = 0; ox < s->out_w; ox++) {
      window xs = window_at(ox, s->kernel_w, s->stride_w, s->pad_w, s->in_w);
      for (int64_t c = 0; c < s->channels; c += CONV_LANES) {
        int64_t left = s->channels - c, at = (row * s->out_w + ox) * s->channels + c;
        vf best = (vf)(-__builtin_inff());
        vi where = (vi)((int32_t)((ys.first - oy * s->stride_h + s->pad_h) * s->kernel_w + xs.first - ox * s->stride_w + s->pad_w));
        for (int64_t y = ys.first; y < ys.end; y++)
          for (int64_t x = xs.first; x < xs.end; x++) {
            vf v = load_some(s->type, element(s->type, in, ((n * s->in_h + y) * s->in_w + x) * s->channels + c), left);
            vi better = (v > best) | ((v != v) & (best == best));
            int64_t here = (y - oy * s->stride_h + s->pad_h) * s->kernel_w + x - ox * s->stride_w + s->pad_w;
            best = (vf)(((vi)v & better) | ((vi)best & ~better));
            where = ((vi)((int32_t)here) & better) | (where & ~better);
          }
        store_some(s->type, element_to(s->type, out, at), best, left);
        store_places(place + at, where, left);
      }
    }
  }
}

static void max_pool_gradient(const ck_pool_shape *s, const void *gradient, const uint16_t *place, void *in_gradient,
                              int64_t first, int64_t count) {
  for (int64_t row = first; row < first + count; row++) {
    int64_t n = row / s->in_h, y = row % s->in_h;
    window ys = windows_over(y, s->kernel_h, s->stride_h, s->pad_h, s->out_h);
    for (int64_t x = 0; x < s->in_w; x++) {
      window xs = windows_over(x, s->kernel_w, s->stride_w, s->pad_w, s->out_w);
      for (int64_t c = 0; c < s->channels; c += CONV_LANES) {
        int64_t left = s->channels - c;
        vf sum = (vf)(0);
        for (int64_t oy = ys.first; oy < ys.end; oy++)
          for (int64_t ox = xs.first; ox < xs.end; ox++) {
            int64_t at = ((n * s->out_h + oy) * s->out_w + ox) * s->channels + c;
            int64_t here = (y - oy * s->stride_h + s->pad_h) * s->kernel_w + x - ox * s->stride_w + s->pad_w;
            vi chosen = load_places(place + at, left) == (vi)((int32_t)here);
            sum += (vf)((vi)load_some(s->type, element(s->type, gradient, at), left) & chosen);
          }
        store_some(s->type, element_to(s->type, in_gradient, (row * s->in_w + x) * s->channels + c), sum, left);
      }
    }
  }
}

// Padding counts as zeros (PyTorch's count_include_pad): the divisor is the whole window everywhere.
static void average_pool(const ck_pool_shape *s, const void *in, void *out, int64_t first, int64_t count) {
  const vf scale = (vf)(1.0f / (float)(s->kernel_h * s->kernel_w));
  for (int64_t row = first; row < first + count; row++) {
    int64_t n = row / s->out_h;
    window ys = window_at(row % s->out_h, s->kernel_h, s->stride_h, s->pad_h, s->in_h);
    for (int64_t ox = 0; ox < s->out_w; ox++) {
      window xs = window_at(ox, s->kernel_w, s->stride_w, s->pad_w, s->in_w);
      for (int64_t c = 0; c < s->channels; c += CONV_LANES) {
        int64_t left = s->channels - c;
        vf sum = (vf)(0);
        for (int64_t y = ys.first; y < ys.end; y++) {
          vf line = (vf)(0);  // rows are summed apart: a global average has thousands of terms
          for (int64_t x = xs.first; x < xs.end; x++)
            line += load_some(s->type, element(s->type, in, ((n * s->in_h + y) * s->in_w + x) * s->channels + c), left);
          sum += line;
        }
        store_some(s->type, element_to(s->type, out, (row * s->out_w + ox) * s->channels + c), sum * scale, left);
      }
    }
  }
}

static void average_pool_gradient(const ck_pool_shape *s, const void *gradient, void *in_gradient, int64_t first,
                                  int64_t count) {
  const vf scale = (vf)(1.0f / (float)(s->kernel_h * s->kernel_w));
  for (int64_t row = first; row < first + count; row++) {
    int64_t n = row / s->in_h;
    window ys = windows_over(row % s->in_h, s->kernel_h, s->stride_h, s->pad_h, s->out_h);
    for (int64_t x = 0; x < s->in_w; x++) {
      window xs = windows_over(x, s->kernel_w, s->stride_w, s->pad_w, s->out_w);
      for (int64_t c = 0; c < s->channels; c += CONV_LANES) {
        int64_t left = s->channels - c;
        vf sum = (vf)(0);
        for (int64_t oy = ys.first; oy < ys.end; oy++)
          for (int64_t ox = xs.first; ox < xs.end; ox++)
            sum += load_some(s->type, element(s->type, gradient, ((n * s->out_h + oy) * s->out_w + ox) * s->channels + c), left);
        store_some(s->type, element_to(s->type, in_gradient, (row * s->in_w + x) * s->channels + c), sum * scale, left);
      }
    }
  }
}
