// Weight gradients: sums over pixels of (what the pixel saw) × (the gradient of what it gave). Both sides are packed
// into panels of a few dozen columns for a run of pixels that fits in cache; every block of the result is then summed
// by one worker, over all pixels, in order. So no sums need to be merged and the thread count can't matter.

// One position's place in the input, before the taps' offsets; n < 0 for none.
typedef struct { int64_t n, y, x; } row_place;

ALWAYS row_place place_of(const ck_conv_rows *r, int64_t position) {
  if (position >= r->positions) return (row_place){-1, 0, 0};
  int64_t per_image = r->grid_h * r->grid_w, within = position % per_image;
  return (row_place){position / per_image, within / r->grid_w * r->step_h, within % r->grid_w * r->step_w};
}

// The place of the next position, which is `position`.
ALWAYS row_place place_after(const ck_conv_rows *r, row_place at, int64_t position) {
  if (position >= r->positions) return (row_place){-1, 0, 0};
  at.x += r->step_w;
  if (at.x < r->grid_w * r->step_w) return at;
  at.y += r->step_h;
  return at.y < r->grid_h * r->step_h ? (row_place){at.n, at.y, 0} : (row_place){at.n + 1, 0, 0};
}

// How many taps from `t` on lie side by side within the picture; 0 if not even the first does.
ALWAYS int64_t taps_together(const ck_conv_rows *r, row_place at, int64_t t) {
  int64_t y = at.y + r->tap_y[t], x = at.x + r->tap_x[t], count = 1;
  if (at.n < 0 || y < 0 || y >= r->in_h || x < 0 || x >= r->in_w) return 0;
  if (r->in_pixel != r->channels) return 1;
  while (t + count < r->taps && r->tap_y[t + count] == r->tap_y[t] && r->tap_x[t + count] == r->tap_x[t] + count &&
         x + count < r->in_w)
    count++;
  return count;
}

ALWAYS const char *seen_at(const ck_conv_rows *r, row_place at, int64_t t) {
  return element(r->type, r->in, ((at.n * r->in_h + at.y + r->tap_y[t]) * r->in_w + at.x + r->tap_x[t]) * r->in_pixel);
}

// n columns of a row: one position's, or a pair's.
ALWAYS void pack_columns(ck_conv_type type, const char *lo, const char *hi, char *to, int64_t n) {
  if (per_word(type) == 2)
    interleave(lo, hi, to, n);
  else
    copy_packed(type, lo, to, n);
}

// Rows first ..< first + count of the panels. A row is an output position and its columns are taps × channels; bf16
// rows come in pairs, word by word, where pairs are multiplied.
static void pack_rows(const ck_conv_rows *r, int64_t first, int64_t count) {
  const int64_t halves = per_word(r->type), bytes = bytes_of(r->type);
  const int64_t blocks = blocks_of(r->taps * r->channels, r->block);
  int64_t position = r->first_position + first * halves;
  row_place next = place_of(r, position);
  for (int64_t row = first; row < first + count; row++) {
    row_place low = next, high = low;
    next = place_after(r, low, ++position);
    if (halves == 2) {
      high = next;
      next = place_after(r, high, ++position);
    }
    int64_t block = 0, within = 0;
    for (int64_t t = 0; t < r->taps;) {
      int64_t of_low = taps_together(r, low, t), of_high = halves == 2 ? taps_together(r, high, t) : of_low;
      int64_t together = of_low == 0 || of_high == 0 ? 1 : least(of_low, of_high);
      const char *lo = of_low ? seen_at(r, low, t) : r->zeros, *hi = of_high ? seen_at(r, high, t) : r->zeros;
      for (int64_t c = 0, n = together * r->channels; c < n;) {
        char *to = (char *)r->packed + ((block * r->rows + row) * r->block + within) * 4;
        // Whole panels, the common case, by a loop of known length.
        for (; within == 0 && r->block == PANEL && n - c >= PANEL; c += PANEL, block++, to += r->rows * PANEL * 4)
          pack_columns(r->type, lo + c * bytes, hi + c * bytes, to, PANEL);
        int64_t some = least(n - c, r->block - within);
        pack_columns(r->type, lo + c * bytes, hi + c * bytes, to, some);
        c += some;
        within += some;
        if (within == r->block) (block++, within = 0);
      }
      t += together;
    }
    if (block < blocks) memset((char *)r->packed + ((block * r->rows + row) * r->block + within) * 4, 0, (size_t)(r->block - within) * 4);
  }
}

enum { OUTER_ROWS = 96 };

static void outer(const ck_conv_outer *o, int64_t plane, int64_t a_panel, int64_t b_panel) {
  const char *a = (const char *)o->a + 4 * (plane * o->a_plane + a_panel * o->rows * o->a_block);
  const char *b = (const char *)o->b + 4 * (plane * o->b_plane + b_panel * o->rows * o->b_block);
  float *sums = o->sums + ((plane * o->a_blocks + a_panel) * o->b_blocks + b_panel) * o->a_block * o->b_block;
  const int64_t tiles_down = (o->a_block + CONV_ROWS - 1) / CONV_ROWS;
  for (int64_t row = 0; row < o->rows || row == 0; row += OUTER_ROWS) {
    int64_t depth = least(OUTER_ROWS, o->rows - row);
    for (int64_t i = 0; i < tiles_down; i++) {
      // Tiles of nearly equal height: 64 columns are 11 tiles of 5 or 6, not 10 of 6 and one of 4.
      int64_t m = o->a_block * i / tiles_down, rows = o->a_block * (i + 1) / tiles_down - m;
      const char *from[CONV_ROWS];
      for (int64_t j = 0; j < rows; j++) from[j] = a + (row * o->a_block + m + j) * 4;
      // The tiles of this stretch ask for the next one: first for what it has of A, then of B.
      int64_t ask = i * depth * 64, of_a = OUTER_ROWS * o->a_block * 4, of_b = OUTER_ROWS * o->b_block * 4;
      const char *next = ask < of_a ? a + (row + OUTER_ROWS) * o->a_block * 4 + ask
                                    : b + (row + OUTER_ROWS) * o->b_block * 4 + (ask - of_a);
      int64_t lines = row + OUTER_ROWS < o->rows ? lines_left(ask, of_a + of_b, depth) : 0;
      conv_tile tile = {.a = from, .a_rows = CONV_ROWS, .segments = 1, .depth = depth, .a_start = 0, .a_step = 4 * o->a_block,
                        .b = b + row * o->b_block * 4, .b_step = 4 * o->b_block,
                        .sums = sums + m * o->b_block, .sums_step = o->b_block, .resume = o->resume || row > 0,
                        .next = next, .asked = lines};
      tile_sums(o->type, rows, o->b_block, &tile);
    }
  }
}

// One block of the sums, whose rows are taps × channels, into OIHW.
static void unpack(const ck_conv_unpack *u, int64_t a_panel, int64_t b_panel) {
  const float *sums = u->sums + (a_panel * u->b_blocks + b_panel) * u->a_block * u->b_block;
  const int64_t first_row = a_panel * u->a_block, first_out = b_panel * u->b_block;
  const int64_t rows = least(u->a_block, u->taps * u->channels - first_row);
  for (int64_t n = 0; n < least(u->b_block, u->out_channels - first_out); n++) {
    float *to = u->weights + (first_out + n) * u->out_stride;
    int64_t tap = first_row / u->channels, channel = first_row % u->channels;
    for (int64_t row = 0; row < rows; row++) {
      to[channel * u->taps + tap] = sums[row * u->b_block + n];
      if (++channel == u->channels) (channel = 0, tap++);
    }
  }
}

// Sums over rows, for the gradient of a bias: adds rows first ..< first + count to sums[channels].
static void column_sums(ck_conv_type type, const void *in, int64_t pixel, int64_t channels, int64_t first, int64_t count,
                        float *sums) {
  for (int64_t row = first; row < first + count; row++) {
    const void *from = element(type, in, row * pixel);
    for (int64_t c = 0; c < channels; c += CONV_LANES) {
      int64_t left = channels - c;
      vf sum = load_some(CK_CONV_F32, sums + c, left) + load_some(type, element(type, from, c), left);
      store_some(CK_CONV_F32, sums + c, sum, left);
    }
  }
}
