// Weight gradients: sums over positions of (what the position saw) × (the gradient of what it gave). Both sides are
// packed a few rows at a time by the worker that multiplies them, and never leave its caches: a pixel that nine taps
// see is read nine times from there instead of being written nine times to memory.

// A position: the pixel that it looks at before the taps' offsets, which lies at y, x. One that is none sees nothing.
typedef struct {
  const char *pixel;
  int64_t y, x;
} row_place;

enum { NOWHERE = INT32_MIN };

// The places of positions first ..< first + count.
static void find_places(const ck_conv_rows *r, int64_t first, int64_t count, row_place *places) {
  const int64_t per_image = r->grid_h * r->grid_w;
  int64_t n = first / per_image, y = first % per_image / r->grid_w, x = first % r->grid_w;
  for (int64_t i = 0; i < count; i++) {
    int64_t in_y = y * r->step_h, in_x = x * r->step_w;
    places[i] = (row_place){element(r->type, r->in, ((n * r->in_h + in_y) * r->in_w + in_x) * r->in_pixel), in_y, in_x};
    if (first + i >= r->positions) places[i] = (row_place){NULL, NOWHERE, NOWHERE};
    if (++x < r->grid_w) continue;
    x = 0;
    if (++y == r->grid_h) (y = 0, n++);
  }
}

ALWAYS int sees(const ck_conv_rows *r, const row_place *at, int64_t tap) {
  return (uint64_t)(at->y + r->tap_y[tap]) < (uint64_t)r->in_h && (uint64_t)(at->x + r->tap_x[tap]) < (uint64_t)r->in_w;
}

// Columns of a panel that lie side by side in memory: `count` of them, from a channel of a tap on, perhaps through taps
// beside it.
typedef struct { int64_t tap, last_tap, channel, count; } tap_piece;

static int64_t pieces_of(const ck_conv_rows *r, int64_t start, int64_t width, tap_piece pieces[CK_CONV_SEEN_COLUMNS]) {
  int64_t found = 0;
  for (int64_t done = 0; done < width; found++) {
    int64_t tap = (start + done) / r->channels, channel = (start + done) % r->channels, last = tap;
    int64_t count = least(r->channels - channel, width - done);
    for (; done + count < width && r->in_pixel == r->channels && r->tap_y[last + 1] == r->tap_y[last] &&
           r->tap_x[last + 1] == r->tap_x[last] + 1; last++)
      count += least(r->channels, width - done - count);
    pieces[found] = (tap_piece){tap, last, channel, count};
    done += count;
  }
  return found;
}

// n columns of a row: one position's, or a pair's.
ALWAYS void pack_columns(ck_conv_type type, const char *lo, const char *hi, char *to, int64_t n) {
  if (per_word(type) == 2)
    interleave(lo, hi, to, n);
  else
    copy_packed(type, lo, to, n);
}

ALWAYS const char *seen_at(const ck_conv_rows *r, const row_place *at, int64_t tap, int64_t channel) {
  return at->pixel + ((r->tap_y[tap] * r->in_w + r->tap_x[tap]) * r->in_pixel + channel) * bytes_of(r->type);
}

// A piece of a row at the picture's edge.
static void pack_at_edge(const ck_conv_rows *r, const row_place *low, const row_place *high, tap_piece piece, char *to) {
  const char *zeros = r->zeros;
  for (int64_t tap = piece.tap, channel = piece.channel; piece.count > 0; tap++, channel = 0) {
    int64_t count = least(r->channels - channel, piece.count);
    pack_columns(r->type, sees(r, low, tap) ? seen_at(r, low, tap, channel) : zeros,
                 sees(r, high, tap) ? seen_at(r, high, tap, channel) : zeros, to, count);
    to += 4 * count;
    piece.count -= count;
  }
}

// A panel of what so many rows see, [row][block]: zeros fill what the last panel has too much.
static void pack_seen(const ck_conv_rows *r, const row_place *places, int64_t panel, int64_t count, char *to) {
  const int64_t halves = per_word(r->type), start = panel * r->block;
  const int64_t width = least(r->block, r->taps * r->channels - start);
  tap_piece pieces[CK_CONV_SEEN_COLUMNS];
  const int64_t found = pieces_of(r, start, width, pieces);
  for (int64_t row = 0; row < count; row++) {
    const row_place *low = places + row * halves, *high = low + halves - 1;
    for (int64_t i = 0; i < found; i++) {
      tap_piece p = pieces[i];
      int whole = sees(r, low, p.tap) && sees(r, low, p.last_tap) && sees(r, high, p.tap) && sees(r, high, p.last_tap);
      if (whole)
        pack_columns(r->type, seen_at(r, low, p.tap, p.channel), seen_at(r, high, p.tap, p.channel), to, p.count);
      else
        pack_at_edge(r, low, high, p, to);
      to += 4 * p.count;
    }
    memset(to, 0, (size_t)(4 * (r->block - width)));
    to += 4 * (r->block - width);
  }
}

// All panels of what so many rows gave, [panel][OUTER_ROWS][block]. A row at a time, since they lie in memory so.
static void pack_given(const ck_conv_rows *r, const row_place *places, int64_t count, char *to) {
  const int64_t halves = per_word(r->type), bytes = bytes_of(r->type);
  for (int64_t row = 0; row < count; row++) {
    const char *low = places[row * halves].pixel, *high = places[row * halves + halves - 1].pixel;
    for (int64_t c = 0; c < r->channels; c += r->block) {
      char *panel = to + 4 * (c * OUTER_ROWS + row * r->block);
      int64_t width = least(r->block, r->channels - c);
      pack_columns(r->type, low + c * bytes, high ? high + c * bytes : r->zeros, panel, width);
      memset(panel + 4 * width, 0, (size_t)(4 * (r->block - width)));
    }
  }
}

// What is between the first of these places and the last, which the tiles before them ask for.
ALWAYS expected_memory memory_of(const ck_conv_rows *r, const row_place *places, int64_t count) {
  while (count > 0 && !places[count - 1].pixel) count--;
  if (count == 0) return (expected_memory){NULL, 0};
  return (expected_memory){places[0].pixel, places[count - 1].pixel - places[0].pixel + r->channels * bytes_of(r->type)};
}

// A part of the rows, and one of the panels of what they see.
static void weight_gradient(const ck_conv_gradient *g, int64_t part, int64_t panel, void *scratch) {
  const ck_conv_rows *seen = &g->seen, *given = &g->given;
  const int64_t halves = per_word(seen->type), b_blocks = blocks_of(given->channels, given->block);
  const int64_t panels = blocks_of(seen->taps * seen->channels, seen->block), block = seen->block * given->block;
  const int64_t start = part * g->part_rows, end = least(start + g->part_rows, blocks_of(seen->positions, halves));
  float *sums = g->sums + (part * panels + panel) * b_blocks * block;
  char *a = scratch, *b = a + 4 * OUTER_ROWS * seen->block;
  row_place of_seen[2][2 * OUTER_ROWS], of_given[2][2 * OUTER_ROWS];  // of these rows, and of the next ones
  int64_t depth = least(OUTER_ROWS, end - start);
  find_places(seen, start * halves, depth * halves, of_seen[0]);
  find_places(given, start * halves, depth * halves, of_given[0]);
  for (int64_t row = start, now = 0; row < end; row += depth, now = !now) {
    depth = least(OUTER_ROWS, end - row);
    int64_t next = row + depth, following = least(OUTER_ROWS, end - next) * halves;
    find_places(seen, next * halves, following, of_seen[!now]);
    find_places(given, next * halves, following, of_given[!now]);
    expected_memory soon[2] = {memory_of(given, of_given[!now], following), memory_of(seen, of_seen[!now], following)};
    pack_seen(seen, of_seen[now], panel, depth, a);
    pack_given(given, of_given[now], depth, b);
    for (int64_t j = 0; j < b_blocks; j++)
      outer_block(seen->type, a, seen->block, b + 4 * j * OUTER_ROWS * given->block, given->block, depth,
                  sums + j * block, row > start, soon);
  }
}
