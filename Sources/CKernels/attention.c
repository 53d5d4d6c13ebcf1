#include "ck_attention.h"

extern const ck_attention ck_attention_portable;
#if defined(__x86_64__)
extern const ck_attention ck_attention_avx2, ck_attention_avx512, ck_attention_avx512bf16;
#endif

const ck_attention *ck_attention_for(ck_level level, ck_element element) {
#if defined(__x86_64__)
  if (level >= CK_AVX512BF16 && element == CK_BF16) return &ck_attention_avx512bf16;
  if (level >= CK_AVX512) return &ck_attention_avx512;
  if (level >= CK_AVX2) return &ck_attention_avx2;
#else
  (void)level;
  (void)element;
#endif
  return &ck_attention_portable;
}
