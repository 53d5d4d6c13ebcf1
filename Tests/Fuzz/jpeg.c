// libFuzzer on the JPEG reader, strict and tolerant, at every scale. The command is in README.md.
#include <stdlib.h>

#include "CCodecs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  static const int scales[4] = {8, 4, 2, 1};
  for (int i = 0; i < 8; i++) {
    int eighths = scales[i / 2], tolerate = i % 2;
    cc_error error;
    cc_jpeg *picture = cc_jpeg_open(bytes, count, 1000000, tolerate, &error);
    if (!picture) continue;
    uint32_t width, height;
    cc_jpeg_size(picture, eighths, &width, &height);
    // Exactly as large as promised: the address sanitizer sees a row too many.
    uint8_t *pixels = malloc((size_t)width * height * 3);
    if (pixels) cc_jpeg_read(picture, eighths, i % 3 ? height : height / 2, pixels, &error);
    free(pixels);
    cc_jpeg_close(picture);
  }
  return 0;
}
