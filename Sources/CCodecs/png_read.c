#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CCodecs.h"

struct cc_png {
  png_structp png;
  png_infop info;
  const uint8_t *bytes;
  size_t left;
  uint32_t width, height;
  bool tolerate;
  bool blends;             // transparent pixels are blended over `background` instead of losing their alpha
  uint8_t background[3];
  uint8_t *rgba;           // the whole picture while it is being blended
  jmp_buf landing;
  cc_error *error;
};

static void fail(png_structp png, png_const_charp message) {
  cc_png *picture = png_get_error_ptr(png);
  if (picture->error->status == CC_OK) {
    picture->error->status = strstr(message, "emory") ? CC_NO_MEMORY : CC_DAMAGED;
    snprintf(picture->error->message, sizeof picture->error->message, "%s", message);
  }
  longjmp(picture->landing, 1);
}

static void ignore(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void take(png_structp png, png_bytep out, size_t count) {
  cc_png *picture = png_get_io_ptr(png);
  if (count > picture->left) png_error(png, "the file ends too early");
  memcpy(out, picture->bytes, count);
  picture->bytes += count;
  picture->left -= count;
}

// Everything that does not change pixels is skipped unread: colour profiles (Pillow ignores them too), compressed text
// that unpacks to gigabytes, animation. Transparency is among it, where alpha is dropped.
static void skip_ancillary_chunks(png_structp png, bool keep_transparency) {
  static const png_byte names[] =
      "bKGD\0cHRM\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0sTER\0tEXt\0tIME\0zTXt\0tRNS";
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, names, sizeof names / 5 - (keep_transparency ? 1 : 0));
}

// Deflate cannot pack more than 1032 bytes into one: a header that promises more than the file can hold is refused
// before anything is allocated for it.
static bool can_hold(const cc_png *picture, uint64_t row_bytes) {
  uint64_t most = picture->left > UINT64_MAX / 1032 ? UINT64_MAX : picture->left * 1032;
  return row_bytes * picture->height <= most;
}

static cc_status refuse(cc_png *picture, cc_status status, const char *message) {
  picture->error->status = status;
  snprintf(picture->error->message, sizeof picture->error->message, "%s", message);
  return status;
}

static cc_status open_header(cc_png *picture, uint64_t max_pixels) {
  if (setjmp(picture->landing)) return picture->error->status;
  png_set_user_limits(picture->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_read_fn(picture->png, picture, take);
  skip_ancillary_chunks(picture->png, picture->blends);
  if (picture->tolerate) png_set_crc_action(picture->png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
  png_read_info(picture->png, picture->info);
  picture->width = png_get_image_width(picture->png, picture->info);
  picture->height = png_get_image_height(picture->png, picture->info);
  if ((uint64_t)picture->width * picture->height > max_pixels) {
    snprintf(picture->error->message, sizeof picture->error->message, "%u × %u pixels", picture->width,
             picture->height);
    return picture->error->status = CC_TOO_LARGE;
  }
  if (!picture->tolerate && !can_hold(picture, png_get_rowbytes(picture->png, picture->info)))
    return refuse(picture, CC_DAMAGED, "the file is too short for the size in its header");
  return CC_OK;
}

static cc_png *open_png(const uint8_t *bytes, size_t count, uint64_t max_pixels, bool tolerate,
                        const uint8_t *background, cc_error *error) {
  *error = (cc_error){CC_NO_MEMORY, "not enough memory"};
  cc_png *picture = calloc(1, sizeof *picture);
  if (!picture) return NULL;
  picture->bytes = bytes;
  picture->left = count;
  picture->tolerate = tolerate;
  picture->blends = background != NULL;
  if (background) memcpy(picture->background, background, sizeof picture->background);
  picture->error = error;
  error->status = CC_OK;
  // libpng may fail inside its own creation, with no landing place but ours.
  if (setjmp(picture->landing) == 0) {
    picture->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, picture, fail, ignore);
    if (picture->png) picture->info = png_create_info_struct(picture->png);
  }
  if (!picture->info) {
    if (error->status == CC_OK) error->status = CC_NO_MEMORY;
    cc_png_close(picture);
    return NULL;
  }
  if (open_header(picture, max_pixels) != CC_OK) {
    cc_png_close(picture);
    return NULL;
  }
  return picture;
}

cc_png *cc_png_open(const uint8_t *bytes, size_t count, uint64_t max_pixels, bool tolerate, cc_error *error) {
  return open_png(bytes, count, max_pixels, tolerate, NULL, error);
}

cc_png *cc_png_open_over(const uint8_t *bytes, size_t count, uint64_t max_pixels, const uint8_t background[3],
                         cc_error *error) {
  return open_png(bytes, count, max_pixels, false, background, error);
}

void cc_png_size(const cc_png *picture, uint32_t *width, uint32_t *height) {
  *width = picture->width;
  *height = picture->height;
}

// Any PNG to RGB: palettes looked up, grey widened by repeating bits, of 16 bits the high byte, alpha dropped; or to
// RGBA.
static void ask_for_rgb(png_structp png, png_infop info, bool with_alpha) {
  int type = png_get_color_type(png, info);
  int depth = png_get_bit_depth(png, info);
  if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (!(type & PNG_COLOR_MASK_COLOR) && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (depth == 16) png_set_strip_16(png);
  if (with_alpha) {
    if (png_get_valid(png, info, PNG_INFO_tRNS)) png_set_tRNS_to_alpha(png);
    png_set_add_alpha(png, 0xFF, PNG_FILLER_AFTER);
  } else if (type & PNG_COLOR_MASK_ALPHA) {
    png_set_strip_alpha(png);
  }
  if (!(type & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png);
}

static void blend(const cc_png *picture, uint8_t *pixels) {
  size_t count = (size_t)picture->width * picture->height;
  for (size_t i = 0; i < count; i++) {
    unsigned alpha = picture->rgba[4 * i + 3];
    for (int c = 0; c < 3; c++)
      pixels[3 * i + c] =
          (uint8_t)((picture->rgba[4 * i + c] * alpha + picture->background[c] * (255 - alpha) + 127) / 255);
  }
}

cc_status cc_png_read(cc_png *picture, uint8_t *pixels, cc_error *error) {
  *error = (cc_error){CC_OK, ""};
  picture->error = error;
  if (setjmp(picture->landing)) {
    if (!picture->tolerate || error->status == CC_NO_MEMORY) return error->status;
    return error->status = CC_OK;
  }
  png_structp png = picture->png;
  ask_for_rgb(png, picture->info, picture->blends);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, picture->info);
  size_t row = (size_t)picture->width * (picture->blends ? 4 : 3);
  if (png_get_rowbytes(png, picture->info) != row) png_error(png, "an unknown kind of pixel");
  uint8_t *rows = pixels;
  if (picture->blends) {
    rows = picture->rgba = calloc(picture->height, row);
    if (!rows) return refuse(picture, CC_NO_MEMORY, "not enough memory");
  }
  // The last row's read also checks the end of the compressed stream; what follows it costs no pixels.
  for (int pass = 0; pass < passes; pass++)
    for (uint32_t y = 0; y < picture->height; y++) png_read_row(png, rows + row * y, NULL);
  if (picture->blends) blend(picture, pixels);
  return CC_OK;
}

void cc_png_close(cc_png *picture) {
  if (!picture) return;
  png_destroy_read_struct(&picture->png, &picture->info, NULL);
  free(picture->rgba);
  free(picture);
}
