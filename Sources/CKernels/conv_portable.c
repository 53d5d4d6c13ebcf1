#include "conv_levels.h"

// Four lanes: SSE2 and NEON have them, and everything else gets plain arithmetic from the compiler.
#define CONV_LANES 4
#define CONV_VECTORS 2
#define CONV_ROWS 6
#include "conv_body.h"

const ck_conv_table *ck_conv_portable(void) { return &table; }
