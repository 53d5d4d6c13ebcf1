// libpng's own header, found through pkg-config.
#include <png.h>
