// The ceiling of a product's speed. Included by gemm_kernels.h.

static double NAME(peak)(ptrdiff_t rounds, float *sink) {
  // As many independent sums as a tile has, enough to cover the latency of a multiply-add on every unit.
  enum { SUMS = TILE_ROWS * TILE_VECTORS, PER_ROUND = 8 };
  vf sum[SUMS];
  const float start = *sink;
  const vu right = (vu)splat(start);
  word left;
  memcpy(&left, &start, sizeof left);
#pragma clang loop unroll(full)
  for (int i = 0; i < SUMS; i++) sum[i] = splat(start + (float)i);
  for (ptrdiff_t r = 0; r < rounds; r++)
#pragma clang loop unroll(full)
    for (int repeat = 0; repeat < PER_ROUND; repeat++)
#pragma clang loop unroll(full)
      for (int i = 0; i < SUMS; i++) sum[i] = MULTIPLY_ADD(sum[i], left, right);
  vf total = {0};
#pragma clang loop unroll(full)
  for (int i = 0; i < SUMS; i++) total += sum[i];
  *sink = total[0];
  return (double)rounds * PER_ROUND * SUMS * LANES * GROUP * 2;
}
