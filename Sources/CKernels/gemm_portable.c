// Matrix products: plain C, for every CPU.
#include "gemm_internal.h"

#define LEVEL CK_PORTABLE
#define LANES 4
#define TILE_ROWS 6
#define AVX2 0
#define MASKS 0
#define BF16_INSTRUCTIONS 0
#define EACH_TILE_ROWS(do, v, l) \
  do(1, v, l) do(2, v, l) do(3, v, l) do(4, v, l) do(5, v, l) do(6, v, l)

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

const ck_gemm_kernels *ck_gemm_portable(ck_product product) {
  return product == CK_PRODUCT_F32 ? &kernels_f32 : &kernels_bf16;
}
