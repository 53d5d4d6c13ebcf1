#ifndef DIPTYCH_GEMM_INTERNAL_H
#define DIPTYCH_GEMM_INTERNAL_H
#include "ck_gemm.h"

const ck_gemm_kernels *ck_gemm_portable(ck_product product);
const ck_gemm_kernels *ck_gemm_avx2(ck_product product);
const ck_gemm_kernels *ck_gemm_avx512(ck_product product);
const ck_gemm_kernels *ck_gemm_avx512bf16(ck_product product);

#endif
