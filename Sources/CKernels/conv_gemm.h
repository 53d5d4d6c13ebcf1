// Convolution as a matrix product whose left side never exists: the register tile reads each tap's channels where the
// pixel lies, through a table of row pointers (Dukhan 2019, arXiv:1907.02129). Only pixels of very few channels, and
// pairs that would straddle two pixels, are first gathered into rows; and pixels that many taps see are copied once a
// run where they must be widened or the second-level cache is small.

enum {
  DEPTH = 256,
  GATHER_BELOW = 16,
  SCRATCH_ROWS_BYTES = 512 << 10,
  WINDOW_BYTES = 192 << 10,
  ASK_ROWS = 4 * CONV_ROWS,
  // CPUs of AVX-512 have 1 MB and more of second-level cache, which holds what a run sees without being told.
  COPIES = CONV_LANES < 16,
};

typedef enum {
  IN_PLACE,  // pixels are read where they lie
  COPIED,    // from a copy of all rows of pictures that a run sees, in the second-level cache
  GATHERED,  // the pixels of all taps are copied side by side
} gemm_way;

ALWAYS gemm_way way_of(const ck_conv_gemm *g) {
  if (g->channels < GATHER_BELOW || g->channels % per_word(g->type) != 0) return GATHERED;
  int64_t taps = 0;
  for (int64_t p = 0; p < g->phases; p++) taps += g->phase[p].taps;
  int shared = taps > g->in_step_h * g->in_step_w;  // whether pixels are seen more than once
  if (packed_type(g->type) == g->type) return COPIES && shared ? COPIED : IN_PLACE;
  return shared ? COPIED : GATHERED;
}

ALWAYS int64_t word_count(ck_conv_type type, int64_t elements) { return blocks_of(elements, per_word(type)); }

ALWAYS int64_t most_taps(const ck_conv_gemm *g) {
  int64_t most = 1;
  for (int64_t p = 0; p < g->phases; p++) most = g->phase[p].taps > most ? g->phase[p].taps : most;
  return most;
}

// Bytes of scratch that each position needs: its pointers, its sums, and its gathered row.
ALWAYS int64_t row_bytes(const ck_conv_gemm *g) {
  int64_t taps = most_taps(g);
  int64_t gathered = way_of(g) == GATHERED ? 4 * word_count(g->type, taps * g->channels) : 0;
  return 8 * taps + 8 + 4 * g->block + gathered;
}

ALWAYS int64_t rows_at_once(const ck_conv_gemm *g) {
  int64_t rows = SCRATCH_ROWS_BYTES / row_bytes(g) / CONV_ROWS * CONV_ROWS;
  return rows < CONV_ROWS ? CONV_ROWS : least(rows, CK_CONV_POSITIONS);
}

// What taps reach, from the first to the last, relative to the pixel that their position looks at.
typedef struct { int64_t first_y, last_y, first_x, last_x; } tap_reach;

ALWAYS tap_reach reach_of(const ck_conv_phase *phases, int64_t count) {
  tap_reach r = {INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN};
  for (int64_t p = 0; p < count; p++)
    for (int64_t t = 0; t < phases[p].taps; t++) {
      int64_t y = phases[p].tap_y[t], x = phases[p].tap_x[t];
      r = (tap_reach){least(r.first_y, y), -least(-r.last_y, -y), least(r.first_x, x), -least(-r.last_x, -x)};
    }
  return r;
}

// A position of the grid.
typedef struct { int64_t n, y, x; } grid_place;

ALWAYS grid_place grid_place_of(const ck_conv_gemm *g, int64_t i) {
  int64_t per_image = g->grid_h * g->grid_w;
  return (grid_place){i / per_image, i % per_image / g->grid_w, i % g->grid_w};
}

// The rows of pictures, counted through the batch, that a run of positions sees.
typedef struct { int64_t first, count; } row_window;

ALWAYS row_window window_of(const ck_conv_gemm *g, tap_reach reach, int64_t start, int64_t end) {
  if (g->in_h == 0) return (row_window){0, 0};
  grid_place from = grid_place_of(g, start), to = grid_place_of(g, end - 1);
  int64_t first = from.y * g->in_step_h + reach.first_y, last = to.y * g->in_step_h + reach.last_y;
  first = first < 0 ? 0 : least(first, g->in_h - 1);
  last = last < 0 ? 0 : least(last, g->in_h - 1);
  first += from.n * g->in_h;
  return (row_window){first, to.n * g->in_h + last + 1 - first};
}

// Bytes for a run's window: at least what a single position sees.
ALWAYS int64_t window_bytes(const ck_conv_gemm *g) {
  if (way_of(g) != COPIED) return 0;
  tap_reach reach = reach_of(g->phase, g->phases);
  int64_t needed = least(reach.last_y - reach.first_y + 1, g->in_h) * g->in_w * g->channels * 4;
  return needed > WINDOW_BYTES ? needed : WINDOW_BYTES;
}

static int64_t gemm_scratch(const ck_conv_gemm *g) {
  return rows_at_once(g) * row_bytes(g) + 2 * 8 * most_taps(g) + window_bytes(g);
}

// What one pass over a run of positions of one phase works on.
typedef struct {
  const ck_conv_gemm *g;
  const ck_conv_phase *phase;
  gemm_way way;
  const char *in;                     // the pictures or their copy, the first row of which
  int64_t first_row, row_step, step;  // is `first_row`; bytes from row to row and from pixel to pixel
  tap_reach reach;                    // of the phase
  int64_t *offset;                    // [taps]: bytes from the pixel that a position looks at
  int64_t *together;                  // [taps]: how many taps from this one on lie side by side
  int64_t rows;
  float *sums;        // [rows][block]
  void **out;         // [rows]
  const char **from;  // [rows / CONV_ROWS][taps][CONV_ROWS]
  char *gathered;     // [rows][words of the whole reduction], or the copy
} gemm_run;

static void begin_phase(gemm_run *run, const ck_conv_phase *phase) {
  const ck_conv_gemm *g = run->g;
  run->phase = phase;
  run->rows = 0;
  run->reach = reach_of(phase, 1);
  for (int64_t t = phase->taps - 1; t >= 0; t--) {
    run->offset[t] = phase->tap_y[t] * run->row_step + phase->tap_x[t] * run->step;
    int follows = t + 1 < phase->taps && g->in_pixel == g->channels &&
                  run->offset[t + 1] == run->offset[t] + run->step;
    run->together[t] = follows ? run->together[t + 1] + 1 : 1;
  }
}

ALWAYS void *output_of(const gemm_run *run, grid_place at) {
  const ck_conv_gemm *g = run->g;
  int64_t row = at.n * g->out_h + run->phase->out_y + at.y * g->out_step_h;
  return (void *)element(g->type, g->out, (row * g->out_w + run->phase->out_x + at.x * g->out_step_w) * g->out_pixel);
}

static void add_row(gemm_run *run, grid_place at) {
  const ck_conv_gemm *g = run->g;
  const ck_conv_phase *phase = run->phase;
  const int64_t taps = phase->taps, row = run->rows++, tile = row / CONV_ROWS, lane = row % CONV_ROWS;
  run->out[row] = output_of(run, at);
  int64_t y = at.y * g->in_step_h, x = at.x * g->in_step_w;
  int64_t looks_at = (at.n * g->in_h + y - run->first_row) * run->row_step + x * run->step;
  int inside = y + run->reach.first_y >= 0 && y + run->reach.last_y < g->in_h && x + run->reach.first_x >= 0 &&
               x + run->reach.last_x < g->in_w;
  if (run->way != GATHERED) {
    const char **from = run->from + tile * taps * CONV_ROWS + lane;
    for (int64_t t = 0; t < taps; t++) {
      int64_t tap_y = y + phase->tap_y[t], tap_x = x + phase->tap_x[t];
      int seen = inside || (tap_y >= 0 && tap_y < g->in_h && tap_x >= 0 && tap_x < g->in_w);
      from[t * CONV_ROWS] = seen ? run->in + looks_at + run->offset[t] : (const char *)g->zeros;
    }
    return;
  }
  const int64_t elements = taps * g->channels, bytes = 4 / per_word(g->type);
  char *start = run->gathered + row * 4 * word_count(g->type, elements), *to = start;
  for (int64_t t = 0, some; t < taps; t += some, to += some * g->channels * bytes) {
    int64_t tap_y = y + phase->tap_y[t], tap_x = x + phase->tap_x[t];
    int seen = inside || (tap_y >= 0 && tap_y < g->in_h && tap_x >= 0 && tap_x < g->in_w);
    some = inside ? run->together[t] : 1;
    copy_packed(g->type, seen ? run->in + looks_at + run->offset[t] : (const char *)g->zeros, to, some * g->channels);
  }
  if (elements % per_word(g->type) != 0) memset(to, 0, 2);
  run->from[tile * CONV_ROWS + lane] = start;
}

// Outputs are far away in memory when their tile wants to store them, unless somebody asked for them in time.
ALWAYS void ask_for_outputs(const gemm_run *run, int64_t row, int64_t column) {
  const ck_conv_gemm *g = run->g;
  for (int64_t end = least(row + CONV_ROWS, run->rows); row < end; row++)
    for (int64_t byte = 0; byte < g->block * bytes_of(g->type); byte += 64)
      __builtin_prefetch((const char *)run->out[row] + column * bytes_of(g->type) + byte, 1);
}

// The reduction over one panel of output channels, in stretches whose weights stay in the first-level cache.
static void multiply_panel(const gemm_run *run, int64_t panel) {
  const ck_conv_gemm *g = run->g;
  int whole = run->way == GATHERED;
  // Gathered rows are one long tap.
  int64_t taps = whole ? 1 : run->phase->taps;
  int64_t words = word_count(g->type, whole ? run->phase->taps * g->channels : g->channels);
  int64_t row_step = 4 * g->block, column = panel * g->block;
  int64_t panels = blocks_of(g->out_channels, g->block);
  const char *all_weights = run->phase->weights, *b = all_weights + panel * taps * words * row_step;
  int64_t stretch_taps = words < DEPTH ? DEPTH / words : 1, stretch_words = least(words, DEPTH);
  int64_t valid = least(g->block, g->out_channels - column);
  for (int64_t tap = 0; tap < taps; tap += stretch_taps) {
    int64_t some_taps = least(stretch_taps, taps - tap);
    for (int64_t word = 0; word < words; word += stretch_words) {
      int64_t depth = least(stretch_words, words - word);
      int is_last = tap + some_taps >= taps && word + depth >= words;
      for (int64_t row = 0; row < run->rows; row += CONV_ROWS) {
        int64_t rows = least(CONV_ROWS, run->rows - row);
        const char *const *from = run->from + (row / CONV_ROWS * taps + tap) * CONV_ROWS;
        void *out[CONV_ROWS];
        for (int64_t m = 0; m < rows && is_last; m++) out[m] = (char *)run->out[row + m] + column * bytes_of(g->type);
        if (is_last) ask_for_outputs(run, row + ASK_ROWS, column);
        // The first tiles of a stretch ask for the weights of the next one, which follow: copies make runs short, and
        // every run has all weights come from the third-level cache.
        int64_t steps = some_taps * depth, ask = row / CONV_ROWS * steps * 64;
        const char *weights = b + (tap * words + word) * row_step, *following = weights + steps * row_step;
        int asks = COPIES && following < all_weights + panels * taps * words * row_step;
        conv_tile tile = {.a = from, .a_rows = CONV_ROWS, .segments = some_taps, .depth = depth,
                          .a_start = 4 * word, .a_step = 4,
                          .b = weights, .b_step = row_step,
                          .sums = run->sums + row * g->block, .sums_step = g->block, .resume = tap + word > 0,
                          .bias = g->bias && tap + word == 0 ? g->bias + column : NULL,
                          .out = is_last ? out : NULL, .out_type = g->type, .valid = valid,
                          .next = following + ask, .asked = asks ? lines_left(ask, steps * row_step, steps) : 0};
        tile_sums(g->type, rows, g->block, &tile);
      }
    }
  }
}

// Outputs that no tap reaches (1×1 kernels with a stride leave most of the input's gradient so) are the bias, or zero.
static void write_unreached(const gemm_run *run, grid_place at) {
  const ck_conv_gemm *g = run->g;
  char *out = output_of(run, at);
  for (int64_t c = 0; c < g->out_channels; c += CONV_LANES) {
    int64_t left = g->out_channels - c;
    vf value = g->bias ? load_some(CK_CONV_F32, g->bias + c, left) : (vf)(0);
    store_some(g->type, out + c * bytes_of(g->type), value, left);
  }
}

static void copy_rows(gemm_run *run, row_window window) {
  const ck_conv_gemm *g = run->g;
  const char *from = element(g->type, g->in, window.first * g->in_w * g->in_pixel);
  int64_t pixels = window.count * g->in_w, once = g->in_pixel == g->channels ? pixels : 1;
  for (int64_t i = 0; i < pixels; i += once)
    copy_packed(g->type, from + i * g->in_pixel * bytes_of(g->type), run->gathered + i * g->channels * 4,
                once * g->channels);
  run->first_row = window.first;
}

static void gemm(const ck_conv_gemm *g, int64_t first, int64_t count, void *scratch) {
  const int64_t most = rows_at_once(g), taps = most_taps(g), room = window_bytes(g);
  const tap_reach reach = reach_of(g->phase, g->phases);
  gemm_run run = {.g = g, .way = way_of(g), .in = g->in, .step = g->in_pixel * bytes_of(g->type)};
  run.sums = scratch;
  run.out = (void **)(run.sums + most * g->block);
  run.from = (const char **)(run.out + most);
  run.offset = (int64_t *)(run.from + most * taps);
  run.together = run.offset + taps;
  run.gathered = (char *)(run.together + taps);
  if (run.way == COPIED) {
    run.in = run.gathered;
    run.step = g->channels * 4;
  }
  run.row_step = g->in_w * run.step;
  for (int64_t start = first, end; start < first + count; start = end) {
    end = least(start + most, first + count);
    if (run.way == COPIED) {
      row_window window = window_of(g, reach, start, end);
      while (end > start + 1 && window.count * run.row_step > room) {
        end = start + (end - start) / 2;
        window = window_of(g, reach, start, end);
      }
      copy_rows(&run, window);
    }
    for (int64_t p = 0; p < g->phases; p++) {
      begin_phase(&run, g->phase + p);
      grid_place at = grid_place_of(g, start);
      for (int64_t i = start; i < end; i++) {
        if (at.y < run.phase->grid_h && at.x < run.phase->grid_w)
          run.phase->taps > 0 ? add_row(&run, at) : write_unreached(&run, at);
        if (++at.x == g->grid_w) at = at.y + 1 < g->grid_h ? (grid_place){at.n, at.y + 1, 0} : (grid_place){at.n + 1, 0, 0};
      }
      for (int64_t panel = 0; panel * g->block < g->out_channels && run.rows > 0; panel++) multiply_panel(&run, panel);
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
  const int64_t elements = w->taps * w->channels, each = per_word(w->type);
  memset(packed, 0, (size_t)(4 * word_count(w->type, elements) * w->block));
  // Channel by channel: the few lines that one fills in all taps stay in the first-level cache meanwhile.
  for (int64_t c = 0; c < w->channels; c++)
    for (int64_t n = 0; n < columns; n++) {
      const float *from = w->weights + (first + n) * w->out_stride + c * w->channel_stride;
      for (int64_t t = 0; t < w->taps; t++) {
        int64_t k = t * w->channels + c;
        float x = from[w->tap_offset[t]];
        if (w->type == CK_CONV_F32)
          ((float *)packed)[k * w->block + n] = x;
        else if (each == 1)
          ((uint32_t *)packed)[k * w->block + n] = (uint32_t)narrow_one(x) << 16;
        else
          ((uint16_t *)packed)[(k / 2 * w->block + n) * 2 + k % 2] = narrow_one(x);
      }
    }
}
