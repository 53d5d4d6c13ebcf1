#include <string.h>

#include "ck_search.h"

enum { LANES = 8, ROTATION = 29 };
// Odd, so that multiplying by them can be undone: 2⁶⁴ / φ and the fractions of √2 and √3.
static const uint64_t STEP = 0x9E3779B97F4A7C15u, FOLD = 0x6A09E667F3BCC909u, LAST = 0xBB67AE8584CAA73Bu;

static uint64_t rotated(uint64_t x) { return x << ROTATION | x >> (64 - ROTATION); }

static uint64_t mixed(uint64_t x) {
  x = (x ^ x >> 32) * FOLD;
  x = (x ^ x >> 29) * LAST;
  return x ^ x >> 32;
}

static uint64_t word_at(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

// Eight lanes, as a multiplication takes three cycles or four and one can begin in each.
uint64_t ck_hash(const void *bytes, size_t count, uint64_t seed) {
  const uint8_t *at = bytes;
  size_t left = count;
  uint64_t lanes[LANES];
  for (int i = 0; i < LANES; i++) lanes[i] = mixed(seed + STEP * (uint64_t)(i + 1));
  for (; left >= 8 * LANES; left -= 8 * LANES, at += 8 * LANES)
    for (int i = 0; i < LANES; i++) lanes[i] = rotated((lanes[i] ^ word_at(at + 8 * i)) * STEP);
  int lane = 0;
  for (; left >= 8; left -= 8, at += 8, lane++) lanes[lane] = rotated((lanes[lane] ^ word_at(at)) * STEP);
  uint8_t tail[8] = {0};
  if (left) memcpy(tail, at, left);
  uint64_t hash = mixed((uint64_t)count ^ word_at(tail) * FOLD);
  for (int i = 0; i < LANES; i++) hash = mixed((hash ^ lanes[i]) * STEP);
  return hash;
}
