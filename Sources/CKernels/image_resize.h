// Resizing and blurring for one instruction set; image.c includes this once for each, with NAME defined.

// A weighted sum of rows is all that resizing is. Blocks of 64 values keep four sums in registers.
static void NAME(weigh_rows)(const uint8_t *in, size_t stride, const int32_t *weights, int taps, uint8_t *out,
                             size_t count) {
  enum { PRECISION = 22 };
  const i32x16 half = (i32x16){0} + (1 << (PRECISION - 1));
  size_t i = 0;
  for (; i + 64 <= count; i += 64) {
    i32x16 a = half, b = half, c = half, d = half;
    for (int t = 0; t < taps; t++) {
      const uint8_t *row = in + (size_t)t * stride + i;
      i32x16 weight = (i32x16){0} + weights[t];
      a += weight * TO_INT(LOAD(u8x16, row));
      b += weight * TO_INT(LOAD(u8x16, row + 16));
      c += weight * TO_INT(LOAD(u8x16, row + 32));
      d += weight * TO_INT(LOAD(u8x16, row + 48));
    }
    STORE(out + i, TO_BYTE(CLAMP(a >> PRECISION, 0, 255)));
    STORE(out + i + 16, TO_BYTE(CLAMP(b >> PRECISION, 0, 255)));
    STORE(out + i + 32, TO_BYTE(CLAMP(c >> PRECISION, 0, 255)));
    STORE(out + i + 48, TO_BYTE(CLAMP(d >> PRECISION, 0, 255)));
  }
  for (; i + 16 <= count; i += 16) {
    i32x16 sum = half;
    for (int t = 0; t < taps; t++) sum += weights[t] * TO_INT(LOAD(u8x16, in + (size_t)t * stride + i));
    STORE(out + i, TO_BYTE(CLAMP(sum >> PRECISION, 0, 255)));
  }
  for (; i < count; i++) {
    int32_t sum = 1 << (PRECISION - 1);
    for (int t = 0; t < taps; t++) sum += weights[t] * in[(size_t)t * stride + i];
    sum >>= PRECISION;
    out[i] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
  }
}

// Sixteen rows of sixteen bytes turned into columns: four times, rows i and i + 8 are shuffled like two halves of a
// deck of cards.
static void NAME(transpose)(const uint8_t *in, size_t in_stride, uint8_t *out, size_t out_stride) {
  u8x16 a[16], b[16];
  for (int i = 0; i < 16; i++) a[i] = LOAD(u8x16, in + (size_t)i * in_stride);
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < 8; i++) {
      b[2 * i] = __builtin_shufflevector(a[i], a[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      b[2 * i + 1] =
          __builtin_shufflevector(a[i], a[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    memcpy(a, b, sizeof a);
  }
  for (int i = 0; i < 16; i++) STORE(out + (size_t)i * out_stride, a[i]);
}

// `count` columns of `rows` rows into `count` rows of 16: missing rows repeat the last one.
static void NAME(to_columns)(const uint8_t *in, size_t in_stride, int rows, size_t count, uint8_t *out) {
  size_t i = 0;
  if (rows == 16)
    for (; i + 16 <= count; i += 16) NAME(transpose)(in + i, in_stride, out + i * 16, 16);
  for (; i < count; i++)
    for (int r = 0; r < 16; r++) out[i * 16 + (size_t)r] = in[(size_t)(r < rows ? r : rows - 1) * in_stride + i];
}

static void NAME(from_columns)(const uint8_t *in, int rows, size_t count, uint8_t *out, size_t out_stride) {
  size_t i = 0;
  if (rows == 16)
    for (; i + 16 <= count; i += 16) NAME(transpose)(in + i * 16, 16, out + i, out_stride);
  for (; i < count; i++)
    for (int r = 0; r < rows; r++) out[(size_t)r * out_stride + i] = in[i * 16 + (size_t)r];
}

// Turned into columns, a pixel of sixteen rows is 48 bytes in sequence, and the horizontal pass is a weighted sum of
// rows as well.
static void NAME(resize_horizontally)(const uint8_t *in, size_t in_stride, size_t in_width, int rows,
                                      const ck_taps *taps, const int32_t *weights, size_t weights_stride, uint8_t *out,
                                      size_t out_stride, size_t out_width, uint8_t *scratch) {
  enum { PRECISION = 22 };
  uint8_t *columns = scratch, *results = scratch + 48 * in_width;
  NAME(to_columns)(in, in_stride, rows, in_width * 3, columns);
  const i32x16 half = (i32x16){0} + (1 << (PRECISION - 1));
  for (size_t x = 0; x < out_width; x++) {
    const uint8_t *column = columns + 48 * (size_t)taps[x].first;
    const int32_t *weight = weights + x * weights_stride;
    i32x16 a = half, b = half, c = half;
    for (int t = 0; t < taps[x].count; t++, column += 48) {
      i32x16 w = (i32x16){0} + weight[t];
      a += w * TO_INT(LOAD(u8x16, column));
      b += w * TO_INT(LOAD(u8x16, column + 16));
      c += w * TO_INT(LOAD(u8x16, column + 32));
    }
    STORE(results + 48 * x, TO_BYTE(CLAMP(a >> PRECISION, 0, 255)));
    STORE(results + 48 * x + 16, TO_BYTE(CLAMP(b >> PRECISION, 0, 255)));
    STORE(results + 48 * x + 32, TO_BYTE(CLAMP(c >> PRECISION, 0, 255)));
  }
  NAME(from_columns)(results, rows, out_width * 3, out, out_stride);
}

static void NAME(blur_along_row)(const uint8_t *in, const int32_t *weights, int taps, uint16_t *out, size_t count) {
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    i32x16 a = {0}, b = {0};
    for (int t = 0; t < taps; t++) {
      i32x16 weight = (i32x16){0} + weights[t];
      a += weight * TO_INT(LOAD(u8x16, in + i + 3 * t));
      b += weight * TO_INT(LOAD(u8x16, in + i + 3 * t + 16));
    }
    STORE(out + i, __builtin_convertvector(a >> 8, u16x16));
    STORE(out + i + 16, __builtin_convertvector(b >> 8, u16x16));
  }
  for (; i < count; i++) {
    int32_t sum = 0;
    for (int t = 0; t < taps; t++) sum += weights[t] * in[i + 3 * (size_t)t];
    out[i] = (uint16_t)(sum >> 8);
  }
}

// The sums reach 65280 × 65536: unsigned, they just fit.
static void NAME(blur_across_rows)(const uint16_t *const *rows, const int32_t *weights, int taps, uint8_t *out,
                                   size_t count) {
  typedef uint32_t u32x16 __attribute__((vector_size(64)));
  const uint32_t half = 1 << 23;
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    u32x16 a = (u32x16){0} + half, b = a;
    for (int t = 0; t < taps; t++) {
      u32x16 weight = (u32x16){0} + (uint32_t)weights[t];
      a += weight * __builtin_convertvector(LOAD(u16x16, rows[t] + i), u32x16);
      b += weight * __builtin_convertvector(LOAD(u16x16, rows[t] + i + 16), u32x16);
    }
    STORE(out + i, __builtin_convertvector(a >> 24, u8x16));
    STORE(out + i + 16, __builtin_convertvector(b >> 24, u8x16));
  }
  for (; i < count; i++) {
    uint32_t sum = half;
    for (int t = 0; t < taps; t++) sum += (uint32_t)weights[t] * rows[t][i];
    out[i] = (uint8_t)(sum >> 24);
  }
}
