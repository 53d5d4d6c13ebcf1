// libFuzzer on the PNG reader, strict and tolerant. The command is in README.md.
#include <stdlib.h>

#include "CCodecs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  for (int tolerate = 0; tolerate < 2; tolerate++) {
    cc_error error;
    cc_png *picture = cc_png_open(bytes, count, 1000000, tolerate, &error);
    if (!picture) continue;
    uint32_t width, height;
    cc_png_size(picture, &width, &height);
    uint8_t *pixels = calloc((size_t)width * height, 3);
    if (pixels && cc_png_read(picture, pixels, &error) != CC_OK && tolerate && error.status == CC_DAMAGED) abort();
    free(pixels);
    cc_png_close(picture);
  }
  const uint8_t white[3] = {255, 255, 255};
  cc_error error;
  cc_png *picture = cc_png_open_over(bytes, count, 1000000, white, &error);
  if (!picture) return 0;
  uint32_t width, height;
  cc_png_size(picture, &width, &height);
  uint8_t *pixels = malloc((size_t)width * height * 3);
  if (pixels) cc_png_read(picture, pixels, &error);
  free(pixels);
  cc_png_close(picture);
  return 0;
}
