// Vectors of CONV_LANES fp32 numbers as plain arithmetic types, so that one text serves every instruction set. Included
// by each conv_<level>.c after it has chosen CONV_LANES; not a header for anybody else.
#include <stdint.h>
#include <string.h>

// The widest panel that the tile takes.
enum { PANEL = CONV_LANES * CONV_VECTORS };

#define ALWAYS static inline __attribute__((always_inline))

typedef float vf __attribute__((ext_vector_type(CONV_LANES)));
typedef int32_t vi __attribute__((ext_vector_type(CONV_LANES)));
typedef uint32_t vu __attribute__((ext_vector_type(CONV_LANES)));
typedef uint16_t vh __attribute__((ext_vector_type(CONV_LANES)));

ALWAYS vf load(const float *p) {
  vf v;
  memcpy(&v, p, sizeof v);
  return v;
}

ALWAYS void store(float *p, vf v) { memcpy(p, &v, sizeof v); }

ALWAYS vf widen(vh h) { return (vf)(__builtin_convertvector(h, vu) << 16); }

// Round to nearest even; a NaN stays one although its low bits go.
ALWAYS vh narrow(vf v) {
  vu bits = (vu)v;
  vu rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  vu quiet = (bits >> 16) | 0x40u;
  vi nan = v != v;
  vu mask = (vu)nan;
  return __builtin_convertvector((rounded & ~mask) | (quiet & mask), vh);
}

// Activations: element `i` of an array of either type.
ALWAYS const void *element(ck_conv_type type, const void *p, int64_t i) {
  return (const char *)p + i * (type == CK_CONV_BF16 ? 2 : 4);
}

ALWAYS void *element_to(ck_conv_type type, void *p, int64_t i) { return (void *)element(type, p, i); }

ALWAYS vf load_activation(ck_conv_type type, const void *p) {
  if (type == CK_CONV_F32) return load(p);
  vh h;
  memcpy(&h, p, sizeof h);
  return widen(h);
}

ALWAYS void store_activation(ck_conv_type type, void *p, vf v) {
  if (type == CK_CONV_F32) return store(p, v);
  vh h = narrow(v);
  memcpy(p, &h, sizeof h);
}

// The first n lanes only: never touches memory beyond them. The other lanes are zero.
ALWAYS vf load_some(ck_conv_type type, const void *p, int64_t n) {
  if (n >= CONV_LANES) return load_activation(type, p);
  char lanes[sizeof(vf)] = {0};
  if (n > 0) memcpy(lanes, p, (size_t)n * (type == CK_CONV_BF16 ? 2 : 4));
  return load_activation(type, lanes);
}

ALWAYS void store_some(ck_conv_type type, void *p, vf v, int64_t n) {
  if (n >= CONV_LANES) return store_activation(type, p, v);
  char lanes[sizeof(vf)];
  store_activation(type, lanes, v);
  if (n > 0) memcpy(p, lanes, (size_t)n * (type == CK_CONV_BF16 ? 2 : 4));
}

ALWAYS int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

ALWAYS int64_t blocks_of(int64_t n, int64_t block) { return (n + block - 1) / block; }

ALWAYS int64_t bytes_of(ck_conv_type type) { return type == CK_CONV_BF16 ? 2 : 4; }

// Packed operands hold pairs of bf16 where an instruction multiplies pairs. Elsewhere bf16 is widened to fp32 as it is
// packed: to take pairs apart at every step of the tile would halve the speed.
#if defined(CONV_DOT)
enum { PAIR = 2 };
#else
enum { PAIR = 1 };
#endif

ALWAYS ck_conv_type packed_type(ck_conv_type type) { return PAIR == 2 ? type : CK_CONV_F32; }

// How many elements a 32-bit word of a packed operand holds.
ALWAYS int64_t per_word(ck_conv_type type) { return type == CK_CONV_BF16 ? PAIR : 1; }

// How far beyond what is copied to ask for more: the pixels of the positions that come next.
enum { AHEAD = 2048 };

ALWAYS void copy_bytes(const char *from, char *to, int64_t n) {
  int64_t i = 0;
  for (; i + (int64_t)sizeof(vf) <= n; i += sizeof(vf)) {
    __builtin_prefetch(from + i + AHEAD);
    vf v;  // of whatever: pairs of bf16 need not be aligned as floats are
    memcpy(&v, from + i, sizeof v);
    memcpy(to + i, &v, sizeof v);
  }
  for (; i + 4 <= n; i += 4) memcpy(to + i, from + i, 4);
  if (i < n) memcpy(to + i, from + i, 2);
}

// n activations as packed operands have them.
ALWAYS void copy_packed(ck_conv_type type, const char *from, char *to, int64_t n) {
  if (packed_type(type) == type) return copy_bytes(from, to, n * bytes_of(type));
  int64_t i = 0;
  for (; i + CONV_LANES <= n; i += CONV_LANES) {
    __builtin_prefetch(from + 2 * i + AHEAD);
    store((float *)(to + 4 * i), load_activation(CK_CONV_BF16, from + 2 * i));
  }
  for (; i < n; i++) {
    uint16_t half;
    memcpy(&half, from + 2 * i, 2);
    uint32_t word = (uint32_t)half << 16;
    memcpy(to + 4 * i, &word, 4);
  }
}

// lo[0] hi[0] lo[1] hi[1] …, for n elements of bf16.
ALWAYS void interleave(const char *lo, const char *hi, char *to, int64_t n) {
  int64_t i = 0;
  for (; i + CONV_LANES <= n; i += CONV_LANES) {
    __builtin_prefetch(lo + 2 * i + AHEAD);
    vh low, high;
    memcpy(&low, lo + 2 * i, sizeof low);
    memcpy(&high, hi + 2 * i, sizeof high);
    vu words = __builtin_convertvector(low, vu) | __builtin_convertvector(high, vu) << 16;
    memcpy(to + 4 * i, &words, sizeof words);
  }
  for (; i < n; i++) {
    memcpy(to + 4 * i, lo + 2 * i, 2);
    memcpy(to + 4 * i + 2, hi + 2 * i, 2);
  }
}

// Places in a pooling window: 16 bits in memory, 32 in vectors.
ALWAYS vi load_places(const uint16_t *p, int64_t n) {
  vh places = (vh)(0);
  memcpy(&places, p, n >= CONV_LANES ? sizeof places : 2 * (size_t)n);
  return __builtin_convertvector(places, vi);
}

ALWAYS void store_places(uint16_t *p, vi places, int64_t n) {
  vh short_places = __builtin_convertvector(places, vh);
  memcpy(p, &short_places, n >= CONV_LANES ? sizeof short_places : 2 * (size_t)n);
}
