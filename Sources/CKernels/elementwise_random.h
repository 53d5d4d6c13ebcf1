// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011), sixteen
// counters at a time. The counter's low half numbers the blocks of four draws, its high half is the stream.
#ifndef CK_ELEMENTWISE_RANDOM_H
#define CK_ELEMENTWISE_RANDOM_H

#include "elementwise_math.h"

typedef uint64_t vq __attribute__((vector_size(128)));
enum { GROUP = 64 };  // draws made at once

INLINE vu high_product(vu a, uint32_t factor) {
  return __builtin_convertvector((__builtin_convertvector(a, vq) * (uint64_t)factor) >> 32, vu);
}

// Draws 4 (block + lane) + word, as out[word][lane].
INLINE void philox(ck_draws at, uint64_t block, vu out[4]) {
  vu lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  vu low = lane + (uint32_t)block;
  vu carry = (vu)(low < lane) & 1u;
  vu a = low, b = carry + (uint32_t)(block >> 32);
  vu c = (vu){} + (uint32_t)at.stream, d = (vu){} + (uint32_t)(at.stream >> 32);
  uint32_t k0 = (uint32_t)at.key, k1 = (uint32_t)(at.key >> 32);
  for (int round = 0; round < 10; round++) {
    vu a_high = high_product(a, 0xD2511F53u), c_high = high_product(c, 0xCD9E8D57u);
    vu a_low = a * 0xD2511F53u, c_low = c * 0xCD9E8D57u;
    a = c_high ^ b ^ k0;
    b = c_low;
    c = a_high ^ d ^ k1;
    d = a_low;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
}

// to[4 lane + word] = words[word][lane].
INLINE void interleave(const vu words[4], uint32_t *to) {
  vu ab0 = __builtin_shufflevector(words[0], words[1], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  vu ab1 = __builtin_shufflevector(words[0], words[1], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  vu cd0 = __builtin_shufflevector(words[2], words[3], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  vu cd1 = __builtin_shufflevector(words[2], words[3], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  vu_loose *out = (vu_loose *)to;
  out[0] = __builtin_shufflevector(ab0, cd0, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
  out[1] = __builtin_shufflevector(ab0, cd0, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
  out[2] = __builtin_shufflevector(ab1, cd1, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
  out[3] = __builtin_shufflevector(ab1, cd1, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
}

INLINE vf unit_interval(vu draw) { return __builtin_convertvector((vi)(draw >> 8), vf) * 0x1p-24f; }

// Box and Muller: a pair of normal numbers from a pair of draws. Without fused multiply-add, which not all levels have:
// the bits must not depend on the machine.
INLINE void box_muller(vu *first, vu *second) {
#pragma clang fp contract(off)
  // Log of a number in (0, 1], unfused: as log_of, whose contraction this pragma does not reach.
  vf x = __builtin_convertvector((vi)(*first >> 8), vf) * 0x1p-24f + 0x1p-24f;
  vi u = (vi)x - 0x3f3504f3;
  vf exponent = __builtin_convertvector(u >> 23, vf);
  vf f = (vf)((u & 0x7fffff) + 0x3f3504f3) - 1.0f;
  vf p = -0.07860142f * f + 0.1288138f;
  p = p * f - 0.13128417f;
  p = p * f + 0.14181218f;
  p = p * f - 0.16624595f;
  p = p * f + 0.20002286f;
  p = p * f - 0.25000809f;
  p = p * f + 0.33333317f;
  vf square = f * f;
  vf log = exponent * 0.693147181f + (f + (p * f * square - 0.5f * square));
  vf negated = -2.0f * log;
  vf radius = root(pick(negated < 0.0f, splat(0), negated));

  // The angle is a quarter turn times q, plus a in ±π/4.
  vu turn = *second >> 8;
  vu q = (turn + (1u << 21)) >> 22;
  vi rest = (vi)turn - (vi)(q << 22);
  vf a = __builtin_convertvector(rest, vf) * 3.74507032e-7f;  // π/2 over 2²²
  vf z = a * a;
  vf sine = a + a * z * ((-0.00019517f * z + 0.00833218f) * z - 0.16666655f);
  vf cosine = 1.0f - 0.5f * z + z * z * ((2.44384497e-05f * z - 1.38873675e-03f) * z + 4.16666469e-02f);
  vi swap = (vi)(q << 31) >> 31;
  vf c = pick(swap, sine, cosine), s = pick(swap, cosine, sine);
  vu c_sign = ((q + 1) & 2u) << 30, s_sign = (q & 2u) << 30;
  *first = bits(radius * (vf)(bits(c) ^ c_sign));
  *second = bits(radius * (vf)(bits(s) ^ s_sign));
}

typedef enum { DRAW_BITS, DRAW_UNIFORM, DRAW_NORMAL } draw_kind;

INLINE void draw_group(draw_kind kind, ck_draws at, uint64_t block, uint32_t *to) {
  vu words[4];
  philox(at, block, words);
  if (kind == DRAW_UNIFORM)
    for (int k = 0; k < 4; k++) words[k] = bits(unit_interval(words[k]));
  if (kind == DRAW_NORMAL) {
    box_muller(&words[0], &words[1]);
    box_muller(&words[2], &words[3]);
  }
  interleave(words, to);
}

INLINE void draw_loop(draw_kind kind, ck_draws at, uint32_t *out, size_t n) {
  uint64_t block = at.start / 4;
  size_t skip = at.start % 4, done = 0;
  while (done < n) {
    if (skip == 0 && n - done >= GROUP) {
      draw_group(kind, at, block, out + done);
      done += GROUP;
    } else {
      uint32_t group[GROUP];
      draw_group(kind, at, block, group);
      size_t take = GROUP - skip < n - done ? GROUP - skip : n - done;
      memcpy(out + done, group + skip, take * sizeof *out);
      done += take;
      skip = 0;
    }
    block += GROUP / 4;
  }
}

static void random_bits(ck_draws at, uint32_t *out, size_t n) { draw_loop(DRAW_BITS, at, out, n); }
static void random_uniform(ck_draws at, float *out, size_t n) { draw_loop(DRAW_UNIFORM, at, (uint32_t *)out, n); }
static void random_normal(ck_draws at, float *out, size_t n) { draw_loop(DRAW_NORMAL, at, (uint32_t *)out, n); }

#endif
