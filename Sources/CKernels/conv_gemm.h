// Convolution as a matrix product whose left side never exists: the register tile reads each tap's channels where the
// pixel lies, through a table of row pointers (Dukhan 2019, arXiv:1907.02129). Only pixels of very few channels, and
// pairs that would straddle two pixels, are first gathered into rows.

enum { DEPTH = 256, GATHER_BELOW = 16, SCRATCH_ROWS_BYTES = 512 << 10 };

ALWAYS int64_t word_count(ck_conv_type type, int64_t elements) {
  return type == CK_CONV_BF16 ? (elements + 1) / 2 : elements;
}

ALWAYS int gathers(const ck_conv_gemm *g) {
  return g->channels < GATHER_BELOW || (g->type == CK_CONV_BF16 && g->channels % 2 != 0);
}

ALWAYS int64_t most_taps(const ck_conv_gemm *g) {
  int64_t most = 1;
  for (int64_t p = 0; p < g->phases; p++) most = g->phase[p].taps > most ? g->phase[p].taps : most;
  return most;
}

// Bytes of scratch that each position needs: its pointers, its sums, and its gathered row.
ALWAYS int64_t row_bytes(const ck_conv_gemm *g) {
  int64_t taps = most_taps(g);
  int64_t gathered = gathers(g) ? 4 * word_count(g->type, taps * g->channels) : 0;
  return 8 * taps + 8 + 4 * g->block + gathered;
}

ALWAYS int64_t rows_at_once(const ck_conv_gemm *g) {
  int64_t rows = SCRATCH_ROWS_BYTES / row_bytes(g) / CONV_ROWS * CONV_ROWS;
  return rows < CONV_ROWS ? CONV_ROWS : least(rows, CK_CONV_POSITIONS);
}

static int64_t gemm_scratch(const ck_conv_gemm *g) { return rows_at_once(g) * row_bytes(g); }

// What one pass over a run of positions of one phase works on.
typedef struct {
  const ck_conv_gemm *g;
  const ck_conv_phase *phase;
  int64_t rows;
  float *sums;        // [rows][block]
  void **out;         // [rows]
  const char **from;  // [rows / CONV_ROWS][taps][CONV_ROWS]
  char *gathered;     // [rows][words of the whole reduction]
} gemm_run;

ALWAYS const char *tap_pixel(const ck_conv_gemm *g, int64_t n, int64_t y, int64_t x) {
  if (y < 0 || y >= g->in_h || x < 0 || x >= g->in_w) return g->zeros;
  return element(g->type, g->in, ((n * g->in_h + y) * g->in_w + x) * g->in_pixel);
}

static void add_row(gemm_run *run, int64_t n, int64_t y, int64_t x) {
  const ck_conv_gemm *g = run->g;
  const ck_conv_phase *phase = run->phase;
  int64_t row = run->rows++, tile = row / CONV_ROWS, lane = row % CONV_ROWS;
  int64_t out = (n * g->out_h + phase->out_y + y * g->out_step_h) * g->out_w + phase->out_x + x * g->out_step_w;
  run->out[row] = (void *)element(g->type, g->out, out * g->out_pixel);
  if (!gathers(g)) {
    for (int64_t t = 0; t < phase->taps; t++)
      run->from[(tile * phase->taps + t) * CONV_ROWS + lane] =
          tap_pixel(g, n, y * g->in_step_h + phase->tap_y[t], x * g->in_step_w + phase->tap_x[t]);
    return;
  }
  int64_t elements = phase->taps * g->channels, pixel = g->channels * bytes_of(g->type);
  char *start = run->gathered + row * 4 * word_count(g->type, elements), *to = start;
  for (int64_t t = 0; t < phase->taps; t++, to += pixel) {
    const char *in = tap_pixel(g, n, y * g->in_step_h + phase->tap_y[t], x * g->in_step_w + phase->tap_x[t]);
    if (g->type == CK_CONV_F32)
      copy_words(in, to, g->channels);
    else
      for (int64_t c = 0; c < pixel; c += 2) memcpy(to + c, in + c, 2);
  }
  if (g->type == CK_CONV_BF16 && elements % 2 != 0) memset(to, 0, 2);
  run->from[tile * CONV_ROWS + lane] = start;
}

// The reduction over one panel of output channels, in stretches whose weights stay in the first-level cache.
static void multiply_panel(const gemm_run *run, int64_t panel) {
  const ck_conv_gemm *g = run->g;
  int whole = gathers(g);
  // Gathered rows are one long tap. A phase without any tap (1×1 kernels with a stride) still writes its outputs.
  int64_t taps = whole ? (run->phase->taps > 0) : run->phase->taps;
  int64_t words = taps == 0 ? 1 : word_count(g->type, whole ? run->phase->taps * g->channels : g->channels);
  int64_t row_step = 4 * g->block, column = panel * g->block;
  const char *b = (const char *)run->phase->weights + panel * taps * words * row_step;
  int64_t stretch_taps = words < DEPTH ? DEPTH / words : 1, stretch_words = least(words, DEPTH);
  int64_t valid = least(g->block, g->out_channels - column);
  for (int64_t tap = 0; tap < taps || tap == 0; tap += stretch_taps) {
    int64_t some_taps = least(stretch_taps, taps - tap);
    for (int64_t word = 0; word < words; word += stretch_words) {
      int64_t depth = least(stretch_words, words - word);
      int is_last = tap + some_taps >= taps && word + depth >= words;
      for (int64_t row = 0; row < run->rows; row += CONV_ROWS) {
        int64_t rows = least(CONV_ROWS, run->rows - row);
        const char *const *from = run->from + (row / CONV_ROWS * taps + tap) * CONV_ROWS;
        void *out[CONV_ROWS];
        for (int64_t m = 0; m < rows; m++) out[m] = (char *)run->out[row + m] + column * bytes_of(g->type);
        conv_tile tile = {.a = from, .a_rows = CONV_ROWS, .segments = some_taps, .depth = depth,
                          .a_start = 4 * word, .a_step = 4,
                          .b = b + (tap * words + word) * row_step, .b_step = row_step,
                          .sums = run->sums + row * g->block, .sums_step = g->block, .resume = tap + word > 0,
                          .bias = g->bias ? g->bias + column : NULL,
                          .out = is_last ? out : NULL, .out_type = g->type, .valid = valid};
        tile_sums(g->type, rows, g->block, &tile);
      }
    }
  }
}

static void gemm(const ck_conv_gemm *g, int64_t first, int64_t count, void *scratch) {
  const int64_t most = rows_at_once(g), per_image = g->grid_h * g->grid_w;
  gemm_run run = {.g = g};
  run.sums = scratch;
  run.out = (void **)(run.sums + most * g->block);
  run.from = (const char **)(run.out + most);
  run.gathered = (char *)(run.from + most * most_taps(g));
  for (int64_t start = first; start < first + count; start += most) {
    int64_t end = least(start + most, first + count);
    for (int64_t p = 0; p < g->phases; p++) {
      run.phase = g->phase + p;
      run.rows = 0;
      for (int64_t i = start; i < end; i++) {
        int64_t n = i / per_image, y = i % per_image / g->grid_w, x = i % g->grid_w;
        if (y < run.phase->grid_h && x < run.phase->grid_w) add_row(&run, n, y, x);
      }
      for (int64_t panel = 0; panel * g->block < g->out_channels; panel++) multiply_panel(&run, panel);
    }
  }
}

ALWAYS uint16_t narrow_one(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  if (x != x) return (uint16_t)(bits >> 16 | 0x40u);
  return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

static void pack_weights(const ck_conv_weights *w, int64_t panel, void *packed) {
  const int64_t first = panel * w->block, columns = least(w->block, w->out_channels - first);
  const int64_t elements = w->taps * w->channels;
  memset(packed, 0, (size_t)(4 * word_count(w->type, elements) * w->block));
  for (int64_t n = 0; n < columns; n++) {
    const float *row = w->weights + (first + n) * w->out_stride;
    for (int64_t c = 0; c < w->channels; c++)
      for (int64_t t = 0; t < w->taps; t++) {
        int64_t k = t * w->channels + c;
        float x = row[c * w->channel_stride + w->tap_offset[t]];
        if (w->type == CK_CONV_F32)
          ((float *)packed)[k * w->block + n] = x;
        else
          ((uint16_t *)packed)[(k / 2 * w->block + n) * 2 + k % 2] = narrow_one(x);
      }
  }
}
