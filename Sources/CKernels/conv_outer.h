// Sums over rows of products of two packed sides, A[row][i] · B[row][j], for weight gradients: a block of A's columns ×
// B's columns by one worker, the rows in order. So no sums need to be merged and the thread count can't matter.

// Rows that are multiplied before the next ones: A's and B's blocks of them are in the first-level cache together.
enum { OUTER_ROWS = CK_CONV_OUTER_ROWS };

// Memory that tiles will need soon and ask for in the meantime.
typedef struct {
  const char *next;
  int64_t bytes;
} expected_memory;

// Those of a tile's `depth` steps that ask for lines of it.
ALWAYS int64_t ask_for(expected_memory *soon, int64_t depth, const char **next) {
  int64_t lines = soon->bytes > 0 ? least(depth, (soon->bytes + 63) / 64) : 0;
  *next = soon->next;
  soon->next += 64 * lines;
  soon->bytes -= 64 * lines;
  return lines;
}

// sums[a_block][b_block] (+)= Σ A[row][i] · B[row][j] over no more than OUTER_ROWS rows.
ALWAYS void outer_block(ck_conv_type type, const char *a, int64_t a_block, const char *b, int64_t b_block, int64_t depth,
                        float *sums, int resume, expected_memory soon[2]) {
  const int64_t tiles_down = (a_block + CONV_ROWS - 1) / CONV_ROWS;
  for (int64_t i = 0; i < tiles_down; i++) {
    // Tiles of nearly equal height: 64 columns are 11 tiles of 5 or 6, not 10 of 6 and one of 4.
    int64_t m = a_block * i / tiles_down, rows = a_block * (i + 1) / tiles_down - m;
    const char *from[CONV_ROWS];
    for (int64_t j = 0; j < rows; j++) from[j] = a + (m + j) * 4;
    conv_tile tile = {.a = from, .a_rows = CONV_ROWS, .segments = 1, .depth = depth, .a_start = 0, .a_step = 4 * a_block,
                      .b = b, .b_step = 4 * b_block, .sums = sums + m * b_block, .sums_step = b_block, .resume = resume};
    tile.asked = ask_for(soon + (soon[0].bytes <= 0), depth, &tile.next);
    tile_sums(type, rows, b_block, &tile);
  }
}

static void outer(const ck_conv_outer *o, int64_t plane, int64_t a_panel, int64_t b_panel) {
  const char *a = (const char *)o->a + 4 * (plane * o->a_plane + a_panel * o->rows * o->a_block);
  const char *b = (const char *)o->b + 4 * (plane * o->b_plane + b_panel * o->rows * o->b_block);
  float *sums = o->sums + ((plane * o->a_blocks + a_panel) * o->b_blocks + b_panel) * o->a_block * o->b_block;
  for (int64_t row = 0; row < o->rows || row == 0; row += OUTER_ROWS) {
    int64_t depth = least(OUTER_ROWS, o->rows - row), more = least(OUTER_ROWS, o->rows - row - depth);
    const char *a_rows = a + 4 * row * o->a_block, *b_rows = b + 4 * row * o->b_block;
    expected_memory soon[2] = {{a_rows + 4 * depth * o->a_block, 4 * more * o->a_block},
                               {b_rows + 4 * depth * o->b_block, 4 * more * o->b_block}};
    outer_block(o->type, a_rows, o->a_block, b_rows, o->b_block, depth, sums, o->resume || row > 0, soon);
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
