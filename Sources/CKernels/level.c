#include "ck_level.h"

ck_level ck_best_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return CK_PORTABLE;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
    return CK_AVX2;
  return __builtin_cpu_supports("avx512bf16") ? CK_AVX512BF16 : CK_AVX512;
#else
  return CK_PORTABLE;
#endif
}

const char *ck_level_name(ck_level level) {
  switch (level) {
    case CK_PORTABLE: return "portable";
    case CK_AVX2: return "avx2";
    case CK_AVX512: return "avx512";
    case CK_AVX512BF16: return "avx512_bf16";
  }
  return "unknown";
}

int ck_address_sanitizer(void) {
#if __has_feature(address_sanitizer)
  return 1;
#else
  return 0;
#endif
}
