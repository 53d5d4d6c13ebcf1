// libjpeg's own header, found through pkg-config; it needs stdio.h before it.
#include <stdio.h>

#include <jpeglib.h>
