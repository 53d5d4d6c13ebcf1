// OpenBLAS's own header, found through pkg-config.
#include <cblas.h>
