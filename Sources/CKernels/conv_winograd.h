// Winograd's minimal filtering F(4×4, 3×3): 36 products where the direct convolution has 144.
//
// The points are 0, ±5/8, ±3/2 and ∞, not the 0, ±1, ±2, ∞ of Lavin and Gray: with them the error is 2.2 times smaller
// (0.64e-6 of the output's standard deviation against 1.42e-6; the direct sum in fp32 has 0.3e-6), and all constants of
// the two transforms at run time are exact in binary.

#define POINT_A 0.625f
#define POINT_B 1.5f
#define A2 (POINT_A * POINT_A)
#define B2 (POINT_B * POINT_B)

// Bᵀd for six numbers `step` apart.
ALWAYS void to_points(const vf *d, int step, vf *v, int out_step) {
  vf d0 = d[0], d1 = d[step], d2 = d[2 * step], d3 = d[3 * step], d4 = d[4 * step], d5 = d[5 * step];
  vf even = d4 - (vf)(B2)*d2, odd = d3 - (vf)(B2)*d1;
  vf even2 = d4 - (vf)(A2)*d2, odd2 = d3 - (vf)(A2)*d1;
  v[0] = (vf)(A2 * B2) * d0 + (d4 - (vf)(A2 + B2) * d2);
  v[out_step] = even + (vf)(POINT_A)*odd;
  v[2 * out_step] = even - (vf)(POINT_A)*odd;
  v[3 * out_step] = even2 + (vf)(POINT_B)*odd2;
  v[4 * out_step] = even2 - (vf)(POINT_B)*odd2;
  v[5 * out_step] = (vf)(A2 * B2) * d1 + (d5 - (vf)(A2 + B2) * d3);
}

// Aᵀm: from six points to four outputs.
ALWAYS void from_points(const vf *m, int step, vf *y, int out_step) {
  vf s = m[step] + m[2 * step], d = m[step] - m[2 * step];
  vf s2 = m[3 * step] + m[4 * step], d2 = m[3 * step] - m[4 * step];
  y[0] = m[0] + (s + s2);
  y[out_step] = (vf)(POINT_A)*d + (vf)(POINT_B)*d2;
  y[2 * out_step] = (vf)(A2)*s + (vf)(B2)*s2;
  y[3 * out_step] = (vf)(A2 * POINT_A) * d + ((vf)(B2 * POINT_B) * d2 + m[5 * step]);
}

// Ay: the transpose of from_points, for the gradient of the outputs.
ALWAYS void from_outputs(const vf *y, int step, vf *m, int out_step) {
  vf y0 = y[0], y1 = y[step], y2 = y[2 * step], y3 = y[3 * step];
  vf even = (vf)(A2)*y2 + y0, odd = (vf)(A2 * POINT_A) * y3 + (vf)(POINT_A)*y1;
  vf even2 = (vf)(B2)*y2 + y0, odd2 = (vf)(B2 * POINT_B) * y3 + (vf)(POINT_B)*y1;
  m[0] = y0;
  m[out_step] = even + odd;
  m[2 * out_step] = even - odd;
  m[3 * out_step] = even2 + odd2;
  m[4 * out_step] = even2 - odd2;
  m[5 * out_step] = y3;
}

// Rows of G: the kernel at a point, over the product of the point's distances to the others.
#define NORM_A (2 * A2 * (A2 - B2))
#define NORM_B (2 * B2 * (B2 - A2))

ALWAYS void from_weights(const vf *g, int step, vf *u, int out_step) {
  vf g0 = g[0], g1 = g[step], g2 = g[2 * step];
  vf even = (vf)(1 / NORM_A) * g0 + (vf)(A2 / NORM_A) * g2, odd = (vf)(POINT_A / NORM_A) * g1;
  vf even2 = (vf)(1 / NORM_B) * g0 + (vf)(B2 / NORM_B) * g2, odd2 = (vf)(POINT_B / NORM_B) * g1;
  u[0] = (vf)(1 / (A2 * B2)) * g0;
  u[out_step] = even + odd;
  u[2 * out_step] = even - odd;
  u[3 * out_step] = even2 + odd2;
  u[4 * out_step] = even2 - odd2;
  u[5 * out_step] = g2;
}

// Gᵀu: the transpose of from_weights.
ALWAYS void to_weights(const vf *u, int step, vf *g, int out_step) {
  vf s = u[step] + u[2 * step], d = u[step] - u[2 * step];
  vf s2 = u[3 * step] + u[4 * step], d2 = u[3 * step] - u[4 * step];
  g[0] = (vf)(1 / (A2 * B2)) * u[0] + ((vf)(1 / NORM_A) * s + (vf)(1 / NORM_B) * s2);
  g[out_step] = (vf)(POINT_A / NORM_A) * d + (vf)(POINT_B / NORM_B) * d2;
  g[2 * out_step] = (vf)(A2 / NORM_A) * s + ((vf)(B2 / NORM_B) * s2 + u[5 * step]);
}

// A tile's corner in the picture.
typedef struct { int64_t n, y, x; } tile_corner;

ALWAYS tile_corner corner_of(const ck_conv_winograd *w, int64_t tile) {
  int64_t per_image = w->tiles_h * w->tiles_w, n = tile / per_image, rest = tile % per_image;
  return (tile_corner){n, rest / w->tiles_w * 4, rest % w->tiles_w * 4};
}

// The pixels that a tile reads, `size` × `size` of them from its corner on; zeros stand for those outside.
ALWAYS void find_pixels(const ck_conv_winograd *w, int64_t tile, const int size, int64_t height, int64_t width,
                        int64_t pixel, const void *from, const char **found) {
  tile_corner corner = corner_of(w, tile);
  int is_input = size == 6;
  for (int i = 0; i < size; i++)
    for (int j = 0; j < size; j++) {
      int64_t y = corner.y + i - (is_input ? w->pad_h : 0), x = corner.x + j - (is_input ? w->pad_w : 0);
      int inside = corner.n < w->batch && y >= 0 && y < height && x >= 0 && x < width;
      found[size * i + j] = inside ? element(w->type, from, ((corner.n * height + y) * width + x) * pixel)
                                   : (const char *)w->zeros;
    }
}

// Bᵀ·d·B of a tile's 6×6 pixels, for the vector of channels from `channel` on, `left` of which exist.
ALWAYS void pixels_to_points(const ck_conv_type type, const char *const *pixel, int64_t channel, int64_t left, float *out,
                             int64_t plane) {
  vf half[36];
  UNROLLED for (int j = 0; j < 6; j++) {
    vf d[6];
    UNROLLED for (int i = 0; i < 6; i++) d[i] = load_some(type, element(type, pixel[6 * i + j], channel), left);
    to_points(d, 1, half + j, 6);
  }
  UNROLLED for (int i = 0; i < 6; i++) {
    vf row[6];
    to_points(half + 6 * i, 1, row, 1);
    UNROLLED for (int j = 0; j < 6; j++, out += plane) store(out, row[j]);
  }
}

// A·dy·Aᵀ of a tile's 4×4 gradients.
ALWAYS void gradients_to_points(const ck_conv_type type, const char *const *pixel, int64_t channel, int64_t left, float *out,
                                int64_t plane) {
  vf half[24];
  UNROLLED for (int j = 0; j < 4; j++) {
    vf y[4];
    UNROLLED for (int i = 0; i < 4; i++) y[i] = load_some(type, element(type, pixel[4 * i + j], channel), left);
    from_outputs(y, 1, half + j, 4);
  }
  UNROLLED for (int i = 0; i < 6; i++) {
    vf row[6];
    from_outputs(half + 4 * i, 1, row, 1);
    UNROLLED for (int j = 0; j < 6; j++, out += plane) store(out, row[j]);
  }
}

// Pictures on their way to the points: the input, in tiles of 6×6 pixels, or the gradient of the output, in tiles of 4×4.
typedef struct {
  const void *from;
  int64_t height, width, pixel, channels, block;
  float *out;  // [36][block of channels][tiles][block], planes `plane` floats apart
  int64_t plane;
} tile_source;

ALWAYS void tile_to_points(const ck_conv_type type, const int size, const char *const *pixel, int64_t channel, int64_t left,
                           float *out, int64_t plane) {
  if (size == 6) return pixels_to_points(type, pixel, channel, left, out, plane);
  gradients_to_points(type, pixel, channel, left, out, plane);
}

ALWAYS void tiles_in(const ck_conv_type type, const int size, const ck_conv_winograd *w, tile_source s, int64_t first,
                     int64_t count) {
  const int64_t blocks = blocks_of(s.channels, s.block);
  const char *tables[2][36];
  find_pixels(w, w->first_tile + first, size, s.height, s.width, s.pixel, s.from, tables[0]);
  for (int64_t t = first; t < first + count; t++) {
    const char **pixel = tables[(t - first) % 2], **next = tables[(t - first + 1) % 2];
    find_pixels(w, w->first_tile + t + 1, size, s.height, s.width, s.pixel, s.from, next);
    for (int64_t block = 0; block < blocks; block++)
      for (int64_t c = 0; c < s.block; c += CONV_LANES) {
        int64_t channel = block * s.block + c, left = s.channels - channel;
        float *out = s.out + (block * w->tiles + t) * s.block + c;
        if (left < CONV_LANES) {
          tile_to_points(type, size, pixel, channel, left, out, s.plane);
          continue;
        }
        // What the next tile sees that this one and those above do not: inputs overlap by two.
        UNROLLED for (int i = size - 4; i < size; i++)
          UNROLLED for (int j = size - 4; j < size; j++) __builtin_prefetch(element(type, next[size * i + j], channel));
        tile_to_points(type, size, pixel, channel, CONV_LANES, out, s.plane);
      }
  }
}

static void winograd_in(const ck_conv_winograd *w, int64_t first, int64_t count) {
  const tile_source s = {w->in, w->in_h, w->in_w, w->in_pixel, w->channels, w->in_block, w->transformed, w->plane};
  if (w->type == CK_CONV_F32) return tiles_in(CK_CONV_F32, 6, w, s, first, count);
  tiles_in(CK_CONV_BF16, 6, w, s, first, count);
}

// The way in for the gradient of the outputs, into panels as winograd_in's.
static void winograd_gradient(const ck_conv_winograd *w, int64_t first, int64_t count) {
  const tile_source s = {w->out, w->out_h, w->out_w, w->out_pixel, w->out_channels, w->out_block, w->gradient,
                         w->gradient_plane};
  if (w->type == CK_CONV_F32) return tiles_in(CK_CONV_F32, 4, w, s, first, count);
  tiles_in(CK_CONV_BF16, 4, w, s, first, count);
}

// Aᵀ·m·A of the points of a tile, and a bias: height × width outputs, of which one is `pixel` bytes and a row `row`
// bytes from the next, for `left` channels at most.
ALWAYS void points_to_pixels(const ck_conv_type type, const float *in, int64_t plane, vf bias, char *out, int64_t row,
                             int64_t pixel, int64_t height, int64_t width, int64_t left) {
  vf half[24];
  UNROLLED for (int j = 0; j < 6; j++) {
    vf m[6];
    UNROLLED for (int i = 0; i < 6; i++) m[i] = load(in + (6 * i + j) * plane);
    from_points(m, 1, half + j, 6);
  }
  UNROLLED for (int i = 0; i < 4; i++) {
    vf y[4];
    from_points(half + 6 * i, 1, y, 1);
    UNROLLED for (int j = 0; j < 4; j++)
      if (i < height && j < width) store_some(type, out + i * row + j * pixel, y[j] + bias, left);
  }
}

// A panel of output channels of a run of tiles.
ALWAYS void tiles_out(const ck_conv_type type, const ck_conv_winograd *w, int64_t first, int64_t count, int64_t panel,
                      const float *points, int64_t plane) {
  const int64_t out_block = w->out_block, pixel = w->out_pixel * bytes_of(type), row = w->out_w * pixel;
  for (int64_t t = 0; t < count; t++) {
    tile_corner corner = corner_of(w, w->first_tile + first + t);
    int64_t height = least(4, w->out_h - corner.y), width = least(4, w->out_w - corner.x);
    char *corner_pixel = (char *)w->out + (corner.n * w->out_h + corner.y) * row + corner.x * pixel;
    for (int64_t k = 0; k < out_block; k += CONV_LANES) {
      int64_t channel = panel * out_block + k, left = w->out_channels - channel;
      if (left <= 0) break;
      const float *in = points + t * out_block + k;
      vf bias = w->bias ? load_some(CK_CONV_F32, w->bias + channel, left) : (vf)(0);
      char *out = element_to(type, corner_pixel, channel);
      if (height == 4 && width == 4 && left >= CONV_LANES) {
        points_to_pixels(type, in, plane, bias, out, row, pixel, 4, 4, CONV_LANES);
      } else {
        points_to_pixels(type, in, plane, bias, out, row, pixel, height, width, left);
      }
    }
  }
}

static void winograd_out(const ck_conv_winograd *w, int64_t first, int64_t count, int64_t panel, float *scratch) {
  const int64_t blocks = blocks_of(w->channels, w->in_block), depth = blocks * w->in_block;
  const int64_t plane = count * w->out_block + 16;
  for (int64_t p = 0; p < 36; p++) {
    const float *in = w->transformed + p * w->plane + first * w->in_block;
    for (int64_t row = 0; row < count; row += CONV_ROWS) {
      int64_t rows = least(CONV_ROWS, count - row);
      const char *a[64 * CONV_ROWS];
      float *sums = scratch + p * plane + row * w->out_block;
      // The tiles of this product ask for the next one: first for its weights, then for its input.
      int64_t ask = row / CONV_ROWS * depth * 64, of_weights = depth * w->out_block * 4, piece = count * w->in_block * 4;
      const char *next = NULL;
      if (p < 35 && ask < of_weights)
        next = (const char *)(w->weights + (panel * 36 + p + 1) * depth * w->out_block) + ask;
      else if (p < 35 && ask - of_weights < blocks * piece)
        next = (const char *)(in + w->plane + (ask - of_weights) / piece * w->tiles * w->in_block) + (ask - of_weights) % piece;
      for (int64_t start = 0; start < blocks; start += 64) {
        int64_t some = least(64, blocks - start);
        for (int64_t b = 0; b < some; b++)
          for (int64_t m = 0; m < rows; m++)
            a[b * rows + m] = (const char *)(in + ((start + b) * w->tiles + row + m) * w->in_block);
        conv_tile tile = {
            .a = a, .a_rows = rows, .segments = some, .depth = w->in_block, .a_step = 4,
            .b = (const char *)(w->weights + ((panel * 36 + p) * depth + start * w->in_block) * w->out_block),
            .b_step = 4 * w->out_block, .sums = sums, .sums_step = w->out_block, .resume = start > 0,
            .next = next, .asked = next ? depth : 0};
        tile_sums(CK_CONV_F32, rows, w->out_block, &tile);
      }
    }
  }
  if (w->type == CK_CONV_F32) return tiles_out(CK_CONV_F32, w, first, count, panel, scratch, plane);
  tiles_out(CK_CONV_BF16, w, first, count, panel, scratch, plane);
}

static void winograd_weights(const ck_conv_weights *w, int64_t in_block, int64_t panel, float *packed) {
  const int64_t depth = (w->channels + in_block - 1) / in_block * in_block;
  const int64_t first = panel * w->block, columns = least(w->block, w->out_channels - first);
  float raw[9][PANEL];
  for (int64_t c = 0; c < depth; c++) {
    memset(raw, 0, sizeof raw);
    if (c < w->channels)
      for (int64_t n = 0; n < columns; n++)
        for (int64_t t = 0; t < 9; t++)
          raw[t][n] = w->weights[(first + n) * w->out_stride + c * w->channel_stride + w->tap_offset[t]];
    for (int64_t n = 0; n < w->block; n += CONV_LANES) {
      vf g[9], half[18], u[36];
      UNROLLED for (int t = 0; t < 9; t++) g[t] = load(raw[t] + n);
      UNROLLED for (int j = 0; j < 3; j++) from_weights(g + j, 3, half + j, 3);
      UNROLLED for (int i = 0; i < 6; i++) from_weights(half + 3 * i, 1, u + 6 * i, 1);
      UNROLLED for (int i = 0; i < 36; i++) store(packed + (i * depth + c) * w->block + n, u[i]);
    }
  }
}

// Gᵀ·u·G of one block of summed products, into the gradient of the weights.
static void winograd_unpack(const ck_conv_unpack *u, int64_t a_panel, int64_t b_panel) {
  const int64_t plane = u->a_blocks * u->b_blocks * u->a_block * u->b_block;
  const float *sums = u->sums + (a_panel * u->b_blocks + b_panel) * u->a_block * u->b_block;
  const int64_t first_in = a_panel * u->a_block, first_out = b_panel * u->b_block;
  for (int64_t c = 0; c < least(u->a_block, u->channels - first_in); c++)
    for (int64_t n = 0; n < least(u->b_block, u->out_channels - first_out); n += CONV_LANES) {
      vf m[36], half[18], g[9];
      UNROLLED for (int i = 0; i < 36; i++) m[i] = load(sums + i * plane + c * u->b_block + n);
      UNROLLED for (int j = 0; j < 6; j++) to_weights(m + j, 6, half + j, 6);
      UNROLLED for (int i = 0; i < 3; i++) to_weights(half + 6 * i, 1, g + 3 * i, 1);
      float lanes[9][CONV_LANES];
      UNROLLED for (int i = 0; i < 9; i++) store(lanes[i], g[i]);
      for (int64_t lane = 0; lane < least(CONV_LANES, u->out_channels - first_out - n); lane++) {
        float *to = u->weights + (first_out + n + lane) * u->out_stride + (first_in + c) * 9;
        for (int i = 0; i < 9; i++) to[i] = lanes[i][lane];
      }
    }
}
