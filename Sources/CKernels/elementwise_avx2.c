#if defined(__x86_64__)
#pragma clang diagnostic ignored "-Wpsabi"
#include <immintrin.h>
#include <string.h>

#include "ck_elementwise.h"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define AVX2 1
#define CK_LEVEL CK_AVX2
#define CK_TABLE ck_elementwise_avx2
#include "elementwise_body.h"
#pragma clang attribute pop
#endif
