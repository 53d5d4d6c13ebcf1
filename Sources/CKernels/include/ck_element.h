#ifndef DIPTYCH_CK_ELEMENT_H
#define DIPTYCH_CK_ELEMENT_H

/// How a number lies in memory. Arithmetic is fp32 everywhere; bf16 is rounded to nearest even on the way out.
typedef enum {
  CK_F32 = 0,
  CK_BF16 = 1,
  CK_F16 = 2,  // only as the source of a cast: old checkpoints
} ck_element;

#endif
