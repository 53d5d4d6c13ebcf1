#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CCodecs.h"

typedef struct {
  uint8_t *bytes;
  size_t count, room;
  jmp_buf landing;
  cc_error *error;
} sink;

static void fail(png_structp png, png_const_charp message) {
  sink *out = png_get_error_ptr(png);
  out->error->status = CC_NO_MEMORY;
  snprintf(out->error->message, sizeof out->error->message, "%s", message);
  longjmp(out->landing, 1);
}

static void ignore(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void put(png_structp png, png_bytep bytes, size_t count) {
  sink *out = png_get_io_ptr(png);
  if (count > out->room - out->count) {
    size_t room = (out->count + count) * 2;
    uint8_t *grown = realloc(out->bytes, room);
    if (!grown) png_error(png, "not enough memory");
    out->bytes = grown;
    out->room = room;
  }
  memcpy(out->bytes + out->count, bytes, count);
  out->count += count;
}

static void flush(png_structp png) { (void)png; }

static cc_status write_all(png_structp png, png_infop info, sink *out, const uint8_t *pixels, uint32_t width,
                           uint32_t height, int level) {
  if (setjmp(out->landing)) return out->error->status;
  png_set_write_fn(png, out, put, flush);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level(png, level);
  png_write_info(png, info);
  for (uint32_t y = 0; y < height; y++) png_write_row(png, pixels + (size_t)width * 3 * y);
  png_write_end(png, info);
  return CC_OK;
}

cc_status cc_png_write(const uint8_t *pixels, uint32_t width, uint32_t height, int level, uint8_t **bytes,
                       size_t *count, cc_error *error) {
  *error = (cc_error){CC_OK, ""};
  sink *out = calloc(1, sizeof *out);
  png_structp png = NULL;
  png_infop info = NULL;
  cc_status status = CC_NO_MEMORY;
  if (out) {
    out->error = error;
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, out, fail, ignore);
    if (png) info = png_create_info_struct(png);
    if (info) status = write_all(png, info, out, pixels, width, height, level);
  }
  png_destroy_write_struct(&png, &info);
  if (status == CC_OK) {
    *bytes = out->bytes;
    *count = out->count;
  } else {
    error->status = status;
    if (out) free(out->bytes);
  }
  free(out);
  return status;
}

void cc_free(void *memory) { free(memory); }
