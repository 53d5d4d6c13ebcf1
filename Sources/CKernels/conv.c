#include "ck_conv.h"

#include "conv_levels.h"

const ck_conv_table *ck_conv_kernels(ck_level level) {
#if defined(__x86_64__)
  switch (level) {
    case CK_AVX512BF16: return ck_conv_avx512bf16();
    case CK_AVX512: return ck_conv_avx512();
    case CK_AVX2: return ck_conv_avx2();
    case CK_PORTABLE: return ck_conv_portable();
  }
#endif
  return ck_conv_portable();
}
