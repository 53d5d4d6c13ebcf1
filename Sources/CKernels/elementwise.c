#include "ck_elementwise.h"

extern const ck_elementwise ck_elementwise_portable;
#if defined(__x86_64__)
extern const ck_elementwise ck_elementwise_avx2, ck_elementwise_avx512, ck_elementwise_avx512bf16;
#endif

const ck_elementwise *ck_elementwise_for(ck_level level) {
#if defined(__x86_64__)
  if (level >= CK_AVX512BF16) return &ck_elementwise_avx512bf16;
  if (level >= CK_AVX512) return &ck_elementwise_avx512;
  if (level >= CK_AVX2) return &ck_elementwise_avx2;
#else
  (void)level;
#endif
  return &ck_elementwise_portable;
}

int ck_unary_saves_output(ck_unary op) {
  switch (op) {
    case CK_SQRT:
    case CK_RSQRT:
    case CK_RECIPROCAL:
    case CK_EXP:
    case CK_TANH:
    case CK_SIGMOID:
    case CK_RELU: return 1;
    default: return 0;
  }
}
