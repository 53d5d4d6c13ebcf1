#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
// After jpeglib.h, whose types it uses.
#include <jerror.h>

#include "CCodecs.h"

// `errors` comes first: libjpeg hands back a pointer to it, which is a pointer to the picture.
struct cc_jpeg {
  struct jpeg_error_mgr errors;
  struct jpeg_decompress_struct jpeg;
  struct jpeg_progress_mgr progress;
  size_t count;
  int most_scans;
  bool tolerate;
  jmp_buf landing;
  cc_error *error;
  uint8_t *row;  // one row of CMYK
};

static void land(cc_jpeg *picture, cc_status status) {
  picture->error->status = status;
  picture->errors.format_message((j_common_ptr)&picture->jpeg, picture->error->message);
  longjmp(picture->landing, 1);
}

static void fail(j_common_ptr jpeg) {
  cc_jpeg *picture = (cc_jpeg *)jpeg->err;
  switch (picture->errors.msg_code) {
    case JERR_OUT_OF_MEMORY: land(picture, CC_NO_MEMORY); break;
    // More memory than we allow: libjpeg wants to swap to a file and cannot.
    case JERR_NO_BACKING_STORE: land(picture, CC_TOO_LARGE); break;
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_ARITH_NOTIMPL: land(picture, CC_UNSUPPORTED); break;
    default: land(picture, CC_DAMAGED);
  }
}

static bool is_harmless(int warning) {
  switch (warning) {
    case JWRN_EXTRANEOUS_DATA:  // bytes between two markers
    case JWRN_ADOBE_XFORM:      // an unknown Adobe marker; the colours are guessed as everyone does
    case JWRN_JFIF_MAJOR:
    case JWRN_BOGUS_ICC: return true;
    default: return false;
  }
}

// libjpeg fills lost pixels with grey or with what was there and only warns.
static void warn(j_common_ptr jpeg, int level) {
  cc_jpeg *picture = (cc_jpeg *)jpeg->err;
  if (level >= 0) return;
  picture->errors.num_warnings++;
  if (!picture->tolerate && !is_harmless(picture->errors.msg_code)) land(picture, CC_DAMAGED);
}

// A scan of a few bytes makes libjpeg walk over all blocks of the picture.
static void watch(j_common_ptr jpeg) {
  cc_jpeg *picture = (cc_jpeg *)jpeg->err;
  if (picture->jpeg.input_scan_number <= picture->most_scans) return;
  picture->error->status = CC_TOO_LARGE;
  snprintf(picture->error->message, sizeof picture->error->message, "more than %d scans", picture->most_scans);
  longjmp(picture->landing, 1);
}

static uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

// Baseline pictures need a few rows. Progressive ones keep all coefficients: two bytes for each sample of at most four
// components, whose blocks are padded to 32 × 32 pixels at most.
static long most_memory(const struct jpeg_decompress_struct *jpeg) {
  return (long)(round_up(jpeg->image_width, 32) * round_up(jpeg->image_height, 32) * 8 + (64 << 20));
}

// The work is scans × pixels: 100 scans up to 20 million pixels, falling to 20 for 100 million.
static int scans_allowed(uint64_t pixels) {
  uint64_t scans = 2000000000 / (pixels ? pixels : 1);
  return scans > 100 ? 100 : scans < 20 ? 20 : (int)scans;
}

// Huffman coding takes at least one bit for each 8 × 8 block of each component: a header that promises more blocks than
// the file can hold is refused before anything is allocated for it.
static bool can_hold(const cc_jpeg *picture) {
  const struct jpeg_decompress_struct *jpeg = &picture->jpeg;
  if (jpeg->arith_code) return true;
  uint64_t blocks = 0;
  for (int i = 0; i < jpeg->num_components; i++) {
    const jpeg_component_info *c = &jpeg->comp_info[i];
    uint64_t across = (uint64_t)jpeg->image_width * (unsigned)c->h_samp_factor / (8 * (unsigned)jpeg->max_h_samp_factor);
    uint64_t down = (uint64_t)jpeg->image_height * (unsigned)c->v_samp_factor / (8 * (unsigned)jpeg->max_v_samp_factor);
    blocks += across * down;
  }
  return blocks / 8 <= picture->count;
}

static cc_status refuse(cc_jpeg *picture, cc_status status, const char *message) {
  picture->error->status = status;
  snprintf(picture->error->message, sizeof picture->error->message, "%s", message);
  return status;
}

static cc_status open_header(cc_jpeg *picture, const uint8_t *bytes, uint64_t max_pixels) {
  if (setjmp(picture->landing)) return picture->error->status;
  struct jpeg_decompress_struct *jpeg = &picture->jpeg;
  jpeg_create_decompress(jpeg);
  jpeg_mem_src(jpeg, bytes, picture->count);
  jpeg_read_header(jpeg, TRUE);
  uint64_t pixels = (uint64_t)jpeg->image_width * jpeg->image_height;
  if (pixels > max_pixels) {
    snprintf(picture->error->message, sizeof picture->error->message, "%u × %u pixels", jpeg->image_width,
             jpeg->image_height);
    return picture->error->status = CC_TOO_LARGE;
  }
  if (jpeg->num_components == 2 || jpeg->num_components > 4)
    return refuse(picture, CC_UNSUPPORTED, "its number of colour components is neither 1, 3 nor 4");
  if (!picture->tolerate && !can_hold(picture))
    return refuse(picture, CC_DAMAGED, "the file is too short for the size in its header");
  picture->most_scans = scans_allowed(pixels);
  picture->progress.progress_monitor = watch;
  jpeg->progress = &picture->progress;
  jpeg->mem->max_memory_to_use = most_memory(jpeg);
  return CC_OK;
}

cc_jpeg *cc_jpeg_open(const uint8_t *bytes, size_t count, uint64_t max_pixels, bool tolerate, cc_error *error) {
  *error = (cc_error){CC_NO_MEMORY, "not enough memory"};
  cc_jpeg *picture = calloc(1, sizeof *picture);
  if (!picture) return NULL;
  error->status = CC_OK;
  picture->error = error;
  picture->count = count;
  picture->tolerate = tolerate;
  picture->jpeg.err = jpeg_std_error(&picture->errors);
  picture->errors.error_exit = fail;
  picture->errors.emit_message = warn;
  if (open_header(picture, bytes, max_pixels) != CC_OK) {
    cc_jpeg_close(picture);
    return NULL;
  }
  return picture;
}

void cc_jpeg_size(const cc_jpeg *picture, int eighths, uint32_t *width, uint32_t *height) {
  *width = (uint32_t)(((uint64_t)picture->jpeg.image_width * (unsigned)eighths + 7) / 8);
  *height = (uint32_t)(((uint64_t)picture->jpeg.image_height * (unsigned)eighths + 7) / 8);
}

// Pillow takes every CMYK picture for one of Adobe's, which are stored inverted: 255 is no ink. Its conversion to RGB
// is paper × (1 − ink) with this rounding.
static void inverted_cmyk_to_rgb(const uint8_t *cmyk, uint32_t width, uint8_t *rgb) {
  for (uint32_t x = 0; x < width; x++) {
    int paper = cmyk[4 * x + 3];
    for (int c = 0; c < 3; c++) {
      int ink = (255 - cmyk[4 * x + c]) * paper + 128;
      rgb[3 * x + c] = (uint8_t)(paper - ((ink + (ink >> 8)) >> 8));
    }
  }
}

cc_status cc_jpeg_read(cc_jpeg *picture, int eighths, uint32_t rows, uint8_t *pixels, cc_error *error) {
  *error = (cc_error){CC_OK, ""};
  picture->error = error;
  if (setjmp(picture->landing)) return error->status;
  struct jpeg_decompress_struct *jpeg = &picture->jpeg;
  bool cmyk = jpeg->num_components == 4;
  jpeg->scale_num = (unsigned)eighths;
  jpeg->scale_denom = 8;
  jpeg->out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(jpeg);
  if (cmyk && !(picture->row = malloc((size_t)jpeg->output_width * 4))) return refuse(picture, CC_NO_MEMORY, "no memory");
  while (jpeg->output_scanline < rows && jpeg->output_scanline < jpeg->output_height) {
    uint8_t *out = pixels + (size_t)jpeg->output_scanline * jpeg->output_width * 3;
    JSAMPROW row = cmyk ? picture->row : out;
    jpeg_read_scanlines(jpeg, &row, 1);
    if (cmyk) inverted_cmyk_to_rgb(picture->row, jpeg->output_width, out);
  }
  return CC_OK;
}

void cc_jpeg_close(cc_jpeg *picture) {
  if (!picture) return;
  jpeg_destroy_decompress(&picture->jpeg);
  free(picture->row);
  free(picture);
}
