// Matrix products: AVX2 and FMA.
#include "gemm_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LEVEL CK_AVX2
#define LANES 8
#define TILE_ROWS 6
#define AVX2 1
#define MASKS 0
#define BF16_INSTRUCTIONS 0
#define EACH_TILE_ROWS(do, v, l) \
  do(1, v, l) do(2, v, l) do(3, v, l) do(4, v, l) do(5, v, l) do(6, v, l)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#include "gemm_vector.h"

#include "activation.h"

#define NAME(x) x##_f32
#define BLOCK_WORDS 192
#define PAIRED 0
#define ROUNDED 0
#define MULTIPLY_ADD(sum, left, right) ((sum) + splat(float_bits(left)) * (vf)(right))
#include "gemm_kernels.h"

#define NAME(x) x##_bf16
#define BLOCK_WORDS 192
#define PAIRED 0
#define ROUNDED 1
#define MULTIPLY_ADD(sum, left, right) ((sum) + splat(float_bits(left)) * (vf)(right))
#include "gemm_kernels.h"
#pragma clang attribute pop

const ck_gemm_kernels *ck_gemm_avx2(ck_product product) {
  return product == CK_PRODUCT_F32 ? &kernels_f32 : &kernels_bf16;
}
#endif
