// Search: the bodies are compiled once for each instruction set.
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include <math.h>
#include <string.h>

#include "ck_search.h"

// Estimates must have the same bits at all levels: no fused multiply-add. (In `dot` it would change nothing.)
#pragma STDC FP_CONTRACT OFF

#define TABLE {NAME(scan), NAME(encode), NAME(dot)}

#define LOW_BYTE(v) ((v) & 0xFF)
#define SIGNED_BYTE(v, n) ((v) << (24 - 8 * (n)) >> 24)
#define BYTE_PRODUCT(rows, word, n) (LOW_BYTE((rows) >> (8 * (n))) * SIGNED_BYTE(word, n))
#define NAME(x) x##_portable
#define LANES 4
#define ROW_VECTORS 4
#define FOUR_PRODUCTS(sum, rows, word)                                                    \
  ((sum) + (BYTE_PRODUCT(rows, word, 0) + BYTE_PRODUCT(rows, word, 1)) +                  \
   (BYTE_PRODUCT(rows, word, 2) + BYTE_PRODUCT(rows, word, 3)))
#include "search_scan.h"
static const ck_search_kernels portable = TABLE;
#undef NAME
#undef LANES
#undef ROW_VECTORS
#undef FOUR_PRODUCTS

#if defined(__x86_64__)
// vpmaddubsw would saturate. Even bytes and odd ones, widened to 16 bits, go through vpmaddwd, which can't overflow.
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define NAME(x) x##_avx2
#define LANES 8
#define ROW_VECTORS 2
#define FOUR_PRODUCTS(sum, rows, word)                                                                                \
  ((sum) + (ints_avx2)_mm256_add_epi32(                                                                               \
               _mm256_madd_epi16(_mm256_and_si256((__m256i)(rows), _mm256_set1_epi16(0xFF)),                          \
                                 _mm256_srai_epi16(_mm256_slli_epi16((__m256i)(word), 8), 8)),                        \
               _mm256_madd_epi16(_mm256_srli_epi16((__m256i)(rows), 8), _mm256_srai_epi16((__m256i)(word), 8))))
#include "search_scan.h"
static const ck_search_kernels avx2 = TABLE;
#undef NAME
#undef LANES
#undef ROW_VECTORS
#undef FOUR_PRODUCTS
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define NAME(x) x##_avx512
#define LANES 16
#define ROW_VECTORS 4
#define FOUR_PRODUCTS(sum, rows, word)                                                                                \
  ((sum) + (ints_avx512)_mm512_add_epi32(                                                                             \
               _mm512_madd_epi16(_mm512_and_si512((__m512i)(rows), _mm512_set1_epi16(0xFF)),                          \
                                 _mm512_srai_epi16(_mm512_slli_epi16((__m512i)(word), 8), 8)),                        \
               _mm512_madd_epi16(_mm512_srli_epi16((__m512i)(rows), 8), _mm512_srai_epi16((__m512i)(word), 8))))
#include "search_scan.h"
static const ck_search_kernels avx512 = TABLE;
#undef NAME
#undef FOUR_PRODUCTS
#pragma clang attribute pop

// One instruction adds four products of unsigned and signed bytes to each sum.
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), apply_to = function)
#define NAME(x) x##_vnni
#define FOUR_PRODUCTS(sum, rows, word) \
  ((ints_vnni)_mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(rows), (__m512i)(word)))
#include "search_scan.h"
static const ck_search_kernels vnni = TABLE;
#undef NAME
#undef LANES
#undef ROW_VECTORS
#undef FOUR_PRODUCTS
#pragma clang attribute pop
#endif

const ck_search_kernels *ck_search(ck_level level) {
#if defined(__x86_64__)
  switch (level) {
    case CK_AVX512BF16: return __builtin_cpu_supports("avx512vnni") ? &vnni : &avx512;
    case CK_AVX512: return &avx512;
    case CK_AVX2: return &avx2;
    case CK_PORTABLE: return &portable;
  }
#endif
  (void)level;
  return &portable;
}

const ck_search_kernels *ck_search_best(void) {
  ck_level level = ck_best_level();
  return ck_search(level == CK_AVX512 ? CK_AVX512BF16 : level);
}
