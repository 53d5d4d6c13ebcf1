// Matrix products: AVX-512.
#include "gemm_internal.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define LEVEL CK_AVX512
#define LANES 16
#define TILE_ROWS 14
#define AVX2 0
#define MASKS 1
#define BF16_INSTRUCTIONS 0
#define EACH_TILE_ROWS(do, v, l) \
  do(1, v, l) do(2, v, l) do(3, v, l) do(4, v, l) do(5, v, l) do(6, v, l) do(7, v, l) \
  do(8, v, l) do(9, v, l) do(10, v, l) do(11, v, l) do(12, v, l) do(13, v, l) do(14, v, l)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
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

const ck_gemm_kernels *ck_gemm_avx512(ck_product product) {
  return product == CK_PRODUCT_F32 ? &kernels_f32 : &kernels_bf16;
}
#endif
