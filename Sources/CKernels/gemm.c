#include "gemm_internal.h"

const ck_gemm_kernels *ck_gemm_kernels_for(ck_level level, ck_product product) {
#if defined(__x86_64__)
  switch (level) {
    case CK_AVX512BF16: return ck_gemm_avx512bf16(product);
    case CK_AVX512: return ck_gemm_avx512(product);
    case CK_AVX2: return ck_gemm_avx2(product);
    case CK_PORTABLE: break;
  }
#endif
  return ck_gemm_portable(product);
}
