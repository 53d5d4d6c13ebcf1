// Pictures: the bodies are compiled once for each instruction set.
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "image_vectors.h"

// A fused multiply-add rounds once where Pillow's code rounds twice, and the last level of a pixel would differ.
#pragma STDC FP_CONTRACT OFF

#define TABLE                                                                                                        \
  {NAME(weigh_rows), NAME(resize_horizontally), NAME(blend_with_level), NAME(blend_with_gray),  NAME(shift_hue),     \
   NAME(sum_of_gray), NAME(solarize),           NAME(blur_along_row),   NAME(blur_across_rows), NAME(normalize)}

#define NAME(function) function##_portable
#include "image_resize.h"
#include "image_color.h"
static const ck_image_kernels portable = TABLE;
#undef NAME

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define NAME(function) function##_avx2
#include "image_resize.h"
#include "image_color.h"
static const ck_image_kernels avx2 = TABLE;
#undef NAME
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define NAME(function) function##_avx512
#include "image_resize.h"
#include "image_color.h"
static const ck_image_kernels avx512 = TABLE;
#undef NAME
#pragma clang attribute pop
#endif

const ck_image_kernels *ck_image(ck_level level) {
#if defined(__x86_64__)
  switch (level) {
    case CK_AVX512BF16:
    case CK_AVX512: return &avx512;
    case CK_AVX2: return &avx2;
    case CK_PORTABLE: return &portable;
  }
#endif
  (void)level;
  return &portable;
}
