// Colours for one instruction set; image.c includes this once for each, with NAME defined. Everything here follows the
// rounding of Pillow's C code, so that an augmented picture is the one that torchvision would have made.

typedef double NAME(f64x16) __attribute__((vector_size(128)));
#define TO_DOUBLE(vector) __builtin_convertvector(vector, NAME(f64x16))
#define SELECT(mask, a, b) (((mask) & (a)) | (~(mask) & (b)))
#define SELECT_FLOAT(mask, a, b) ((f32x16)SELECT(mask, (i32x16)(a), (i32x16)(b)))

// Sixteen pixels as three vectors of a colour each, and back.
#define SPLIT(address, red, green, blue)                                                                      \
  do {                                                                                                        \
    u8x16 x = LOAD(u8x16, address), y = LOAD(u8x16, (address) + 16), z = LOAD(u8x16, (address) + 32), t;      \
    t = __builtin_shufflevector(x, y, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, -1, -1, -1, -1, -1);            \
    red = __builtin_shufflevector(t, z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29);                \
    t = __builtin_shufflevector(x, y, 1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, -1, -1, -1, -1, -1);           \
    green = __builtin_shufflevector(t, z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30);              \
    t = __builtin_shufflevector(x, y, 2, 5, 8, 11, 14, 17, 20, 23, 26, 29, -1, -1, -1, -1, -1, -1);           \
    blue = __builtin_shufflevector(t, z, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31);               \
  } while (0)
#define JOIN(address, red, green, blue)                                                                       \
  do {                                                                                                        \
    u8x16 t = __builtin_shufflevector(red, green, 0, 16, -1, 1, 17, -1, 2, 18, -1, 3, 19, -1, 4, 20, -1, 5);  \
    STORE(address, __builtin_shufflevector(t, blue, 0, 1, 16, 3, 4, 17, 6, 7, 18, 9, 10, 19, 12, 13, 20, 15)); \
    t = __builtin_shufflevector(red, green, 21, -1, 6, 22, -1, 7, 23, -1, 8, 24, -1, 9, 25, -1, 10, 26);      \
    STORE((address) + 16,                                                                                     \
          __builtin_shufflevector(t, blue, 0, 21, 2, 3, 22, 5, 6, 23, 8, 9, 24, 11, 12, 25, 14, 15));         \
    t = __builtin_shufflevector(red, green, -1, 11, 27, -1, 12, 28, -1, 13, 29, -1, 14, 30, -1, 15, 31, -1);  \
    STORE((address) + 32,                                                                                     \
          __builtin_shufflevector(t, blue, 26, 1, 2, 27, 4, 5, 28, 7, 8, 29, 10, 11, 30, 13, 14, 31));        \
  } while (0)

// Evaluates `step` for `at` pointing at each sixteen pixels, and at a copy of what is left in the end.
#define FOR_SIXTEENS(pixels, count, step)                      \
  do {                                                         \
    size_t done = 0;                                           \
    for (; done + 16 <= (count); done += 16) {                 \
      uint8_t *at = (pixels) + 3 * done;                       \
      step;                                                    \
    }                                                          \
    if (done < (count)) {                                      \
      uint8_t last[48] = {0}, *at = last;                      \
      memcpy(last, (pixels) + 3 * done, 3 * ((count) - done)); \
      step;                                                    \
      memcpy((pixels) + 3 * done, last, 3 * ((count) - done)); \
    }                                                          \
  } while (0)

#define GRAY(red, green, blue) ((TO_INT(red) * 19595 + TO_INT(green) * 38470 + TO_INT(blue) * 7471 + 0x8000) >> 16)

// Pillow's blend: in floating point, cut off towards zero.
#define BLEND(other, value, factor) \
  TO_BYTE(TO_INT(CLAMP(TO_FLOAT(other) + (factor) * TO_FLOAT(TO_INT(value) - (other)), 0.0f, 255.0f)))

static void NAME(blend_with_level)(uint8_t *pixels, size_t bytes, float factor, int level) {
  i32x16 other = (i32x16){0} + level;
  size_t i = 0;
  for (; i + 16 <= bytes; i += 16) STORE(pixels + i, BLEND(other, LOAD(u8x16, pixels + i), factor));
  if (i < bytes) {
    uint8_t last[16] = {0};
    memcpy(last, pixels + i, bytes - i);
    STORE(last, BLEND(other, LOAD(u8x16, last), factor));
    memcpy(pixels + i, last, bytes - i);
  }
}

static inline void NAME(blend_sixteen_with_gray)(uint8_t *at, float factor) {
  u8x16 red, green, blue;
  SPLIT(at, red, green, blue);
  i32x16 gray = GRAY(red, green, blue);
  red = BLEND(gray, red, factor);
  green = BLEND(gray, green, factor);
  blue = BLEND(gray, blue, factor);
  JOIN(at, red, green, blue);
}

static void NAME(blend_with_gray)(uint8_t *pixels, size_t count, float factor) {
  FOR_SIXTEENS(pixels, count, NAME(blend_sixteen_with_gray)(at, factor));
}

static uint64_t NAME(sum_of_gray)(const uint8_t *pixels, size_t count) {
  uint64_t sum = 0;
  size_t i = 0;
  while (i + 16 <= count) {
    i32x16 sums = {0};
    // 2048 sixteens stay far below the limit of a lane.
    for (int n = 0; n < 2048 && i + 16 <= count; n++, i += 16) {
      u8x16 red, green, blue;
      SPLIT(pixels + 3 * i, red, green, blue);
      sums += GRAY(red, green, blue);
    }
    sum += (uint64_t)__builtin_reduce_add(sums);
  }
  for (; i < count; i++)
    sum += (uint64_t)((pixels[3 * i] * 19595 + pixels[3 * i + 1] * 38470 + pixels[3 * i + 2] * 7471 + 0x8000) >> 16);
  return sum;
}

// Of numbers that are not negative.
#define ROUND(vector) TO_INT((vector) + 0.5)

// To 8-bit hue, saturation and value, and back. The mixture of single and double precision is Pillow's.
static inline void NAME(shift_hue_of_sixteen)(uint8_t *at, uint8_t shift) {
  u8x16 red, green, blue;
  SPLIT(at, red, green, blue);
  i32x16 r = TO_INT(red), g = TO_INT(green), b = TO_INT(blue);
  i32x16 value = __builtin_elementwise_max(r, __builtin_elementwise_max(g, b));
  i32x16 chroma = value - __builtin_elementwise_min(r, __builtin_elementwise_min(g, b));

  // Grey divides by one instead of zero (a true comparison is -1); its hue is masked out.
  f32x16 range = TO_FLOAT(chroma - (chroma == 0));
  f32x16 rc = TO_FLOAT(value - r) / range, gc = TO_FLOAT(value - g) / range, bc = TO_FLOAT(value - b) / range;
  i32x16 is_red = r == value, is_green = g == value;
  NAME(f64x16) start = TO_DOUBLE(SELECT_FLOAT(is_green, (f32x16){0} + 2.0f, (f32x16){0} + 4.0f));
  NAME(f64x16) plus = TO_DOUBLE(SELECT_FLOAT(is_green, rc, gc)), minus = TO_DOUBLE(SELECT_FLOAT(is_green, bc, rc));
  f32x16 sixths = SELECT_FLOAT(is_red, bc - gc, TO_FLOAT(start + plus - minus));
  NAME(f64x16) turn = TO_DOUBLE(sixths) / 6.0 + 1.0;
  turn -= TO_DOUBLE(TO_INT(turn));
  i32x16 hue = (chroma != 0) & TO_INT(TO_DOUBLE(TO_FLOAT(turn)) * 255.0);
  i32x16 saturation = TO_INT(TO_DOUBLE(TO_FLOAT(chroma) / TO_FLOAT(value - (value == 0))) * 255.0);

  hue = (hue + shift) & 255;

  // The hue is six sectors; within one, a colour falls (q) or rises (t) by the fraction.
  NAME(f64x16) sector = TO_DOUBLE(hue) * 6.0 / 255.0;
  i32x16 i = TO_INT(sector);
  f32x16 f = TO_FLOAT(sector - TO_DOUBLE(i));
  f32x16 s = TO_FLOAT(saturation) / 255.0f;
  NAME(f64x16) v = TO_DOUBLE(value);
  i32x16 p = ROUND(v * (1.0 - TO_DOUBLE(s)));
  i32x16 q = ROUND(v * (1.0 - TO_DOUBLE(s * f)));
  i32x16 t = ROUND(v * (1.0 - TO_DOUBLE(s) * (1.0 - TO_DOUBLE(f))));
  i32x16 is0 = (i == 0) | (i == 6), is1 = i == 1, is2 = i == 2, is3 = i == 3, is4 = i == 4, is5 = i == 5;
  red = TO_BYTE(((is0 | is5) & value) | (is1 & q) | ((is2 | is3) & p) | (is4 & t));
  green = TO_BYTE((is0 & t) | ((is1 | is2) & value) | (is3 & q) | ((is4 | is5) & p));
  blue = TO_BYTE(((is0 | is1) & p) | (is2 & t) | ((is3 | is4) & value) | (is5 & q));
  JOIN(at, red, green, blue);
}

static void NAME(shift_hue)(uint8_t *pixels, size_t count, uint8_t shift) {
  FOR_SIXTEENS(pixels, count, NAME(shift_hue_of_sixteen)(at, shift));
}

static void NAME(solarize)(uint8_t *pixels, size_t bytes, int threshold) {
  size_t i = 0;
  for (; i + 16 <= bytes; i += 16) {
    i32x16 value = TO_INT(LOAD(u8x16, pixels + i));
    STORE(pixels + i, TO_BYTE(SELECT(value < threshold, value, 255 - value)));
  }
  for (; i < bytes; i++)
    if (pixels[i] >= threshold) pixels[i] = (uint8_t)(255 - pixels[i]);
}

static void NAME(normalize)(const uint8_t *pixels, size_t count, const float mean[3], const float deviation[3],
                            float *out) {
  float means[48], deviations[48];
  for (int i = 0; i < 48; i++) {
    means[i] = mean[i % 3];
    deviations[i] = deviation[i % 3];
  }
  size_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (size_t part = 0; part < 48; part += 16) {
      f32x16 x = TO_FLOAT(LOAD(u8x16, pixels + 3 * i + part)) / 255.0f;
      STORE(out + 3 * i + part, (x - LOAD(f32x16, means + part)) / LOAD(f32x16, deviations + part));
    }
  for (i *= 3; i < 3 * count; i++) out[i] = ((float)pixels[i] / 255.0f - mean[i % 3]) / deviation[i % 3];
}

#undef TO_DOUBLE
#undef SELECT
#undef SELECT_FLOAT
#undef SPLIT
#undef JOIN
#undef FOR_SIXTEENS
#undef GRAY
#undef BLEND
#undef ROUND
