#if defined(__x86_64__)
#pragma clang diagnostic ignored "-Wpsabi"
#include <immintrin.h>
#include <string.h>

#include "ck_elementwise.h"
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma,f16c"))), apply_to = function)
#define MASKS 1
#define BF16_INSTRUCTIONS 1
#define CK_LEVEL CK_AVX512BF16
#define CK_TABLE ck_elementwise_avx512bf16
#include "elementwise_body.h"
#pragma clang attribute pop
#endif
