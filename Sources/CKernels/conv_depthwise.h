// Depthwise convolution: each channel with its own filter. Memory-bound, so plain vectors over channels do.

static void depthwise(const ck_conv_gemm *g, int64_t first, int64_t count) {
  const int64_t per_image = g->grid_h * g->grid_w;
  for (int64_t i = first; i < first + count; i++) {
    int64_t n = i / per_image, y = i % per_image / g->grid_w, x = i % g->grid_w;
    for (int64_t p = 0; p < g->phases; p++) {
      const ck_conv_phase *phase = g->phase + p;
      if (y >= phase->grid_h || x >= phase->grid_w) continue;
      int64_t row = n * g->out_h + phase->out_y + y * g->out_step_h, column = phase->out_x + x * g->out_step_w;
      void *out = (void *)element(g->type, g->out, (row * g->out_w + column) * g->out_pixel);
      for (int64_t c = 0; c < g->channels; c += CONV_LANES) {
        int64_t left = g->channels - c;
        vf sum = g->bias ? load_some(CK_CONV_F32, g->bias + c, left) : (vf)(0);
        for (int64_t t = 0; t < phase->taps; t++) {
          int64_t in_y = y * g->in_step_h + phase->tap_y[t], in_x = x * g->in_step_w + phase->tap_x[t];
          if (in_y < 0 || in_y >= g->in_h || in_x < 0 || in_x >= g->in_w) continue;
          const void *from = element(g->type, g->in, ((n * g->in_h + in_y) * g->in_w + in_x) * g->in_pixel + c);
          vf weights = load_some(CK_CONV_F32, (const float *)phase->weights + t * g->channels + c, left);
          sum = weights * load_some(g->type, from, left) + sum;
        }
        store_some(g->type, element_to(g->type, out, c), sum, left);
      }
    }
  }
}

// Adds to sums[tap][channels] what the images first ..< first + count give. `r` describes the inputs, a position a row.
static void depthwise_weights(const ck_conv_rows *r, const void *gradient, int64_t first, int64_t count, float *sums) {
  const int64_t per_image = r->grid_h * r->grid_w;
  for (int64_t c = 0; c < r->channels; c += CONV_LANES) {
    int64_t left = r->channels - c;
    for (int64_t t = 0; t < r->taps; t++) {
      vf sum = load_some(CK_CONV_F32, sums + t * r->channels + c, left);
      for (int64_t i = first * per_image; i < (first + count) * per_image; i++) {
        int64_t n = i / per_image, y = i % per_image / r->grid_w * r->step_h + r->tap_y[t];
        int64_t x = i % r->grid_w * r->step_w + r->tap_x[t];
        if (y < 0 || y >= r->in_h || x < 0 || x >= r->in_w) continue;
        vf in = load_some(r->type, element(r->type, r->in, ((n * r->in_h + y) * r->in_w + x) * r->in_pixel + c), left);
        sum = in * load_some(r->type, element(r->type, gradient, i * r->channels + c), left) + sum;
      }
      store_some(CK_CONV_F32, sums + t * r->channels + c, sum, left);
    }
  }
}
