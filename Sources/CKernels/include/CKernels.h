// SIMD kernels for Diptych. Each family (elementwise, matrix products, attention, convolution) is written once per
// instruction set and reached through a table of function pointers, so that every level a CPU has can be tested.
#ifndef DIPTYCH_CKERNELS_H
#define DIPTYCH_CKERNELS_H

#include "ck_conv.h"
#include "ck_attention.h"
#include "ck_element.h"
#include "ck_elementwise.h"
#include "ck_gemm.h"
#include "ck_image.h"
#include "ck_level.h"
#include "ck_pool.h"
#include "ck_search.h"

#endif
