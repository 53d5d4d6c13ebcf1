#ifndef DIPTYCH_CK_LEVEL_H
#define DIPTYCH_CK_LEVEL_H

/// Instruction sets in rising order; a CPU that has one has all below it.
/// A family without a version of its own for some level uses the next lower one.
typedef enum {
  CK_PORTABLE = 0,    // plain C: any CPU, arm64 included
  CK_AVX2 = 1,        // AVX2 + FMA + F16C
  CK_AVX512 = 2,      // F, BW, DQ, VL
  CK_AVX512BF16 = 3,  // + vdpbf16ps
} ck_level;

/// The highest level that this CPU and operating system can run.
ck_level ck_best_level(void);

/// "portable", "avx2", …
const char *ck_level_name(ck_level level);

/// 1 if this build runs under the address sanitizer.
int ck_address_sanitizer(void);

#endif
