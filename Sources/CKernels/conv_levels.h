// The tables that conv.c chooses from.
#include "ck_conv.h"

const ck_conv_table *ck_conv_portable(void);
#if defined(__x86_64__)
const ck_conv_table *ck_conv_avx2(void);
const ck_conv_table *ck_conv_avx512(void);
const ck_conv_table *ck_conv_avx512bf16(void);
#endif
