// Sixteen lanes of everything: clang makes one AVX-512 register, two of AVX2 or four of SSE2 and NEON of them.
#ifndef DIPTYCH_IMAGE_VECTORS_H
#define DIPTYCH_IMAGE_VECTORS_H

#include <stdint.h>
#include <string.h>

#include "ck_image.h"

typedef uint8_t u8x16 __attribute__((vector_size(16)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef float f32x16 __attribute__((vector_size(64)));

// Macros, for functions with wide vector arguments would have another ABI at each level.
#define LOAD(type, address)                                  \
  ({                                                         \
    type loaded;                                             \
    memcpy(&loaded, (const void *)(address), sizeof loaded); \
    loaded;                                                  \
  })
#define STORE(address, vector)                              \
  do {                                                      \
    __typeof__(vector) stored = (vector);                   \
    memcpy((void *)(address), &stored, sizeof stored);      \
  } while (0)
#define TO_INT(vector) __builtin_convertvector(vector, i32x16)
#define TO_FLOAT(vector) __builtin_convertvector(vector, f32x16)
#define TO_BYTE(vector) __builtin_convertvector(vector, u8x16)
#define CLAMP(vector, low, high) \
  __builtin_elementwise_min(__builtin_elementwise_max(vector, (__typeof__(vector)){0} + (low)), (__typeof__(vector)){0} + (high))

#endif
