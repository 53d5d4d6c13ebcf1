#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "CCodecs.h"

// `errors` comes first: libjpeg hands back a pointer to it.
typedef struct {
  struct jpeg_error_mgr errors;
  struct jpeg_compress_struct jpeg;
  jmp_buf landing;
  cc_error *error;
  unsigned char *bytes;
  unsigned long count;
} writer;

static void fail(j_common_ptr jpeg) {
  writer *out = (writer *)jpeg->err;
  out->error->status = CC_UNSUPPORTED;
  out->errors.format_message(jpeg, out->error->message);
  longjmp(out->landing, 1);
}

static void ignore(j_common_ptr jpeg, int level) {
  (void)jpeg;
  (void)level;
}

static cc_status write_all(writer *out, const uint8_t *pixels, uint32_t width, uint32_t height, int quality,
                           bool full_chroma) {
  if (setjmp(out->landing)) return out->error->status;
  struct jpeg_compress_struct *jpeg = &out->jpeg;
  jpeg_create_compress(jpeg);
  jpeg_mem_dest(jpeg, &out->bytes, &out->count);
  jpeg->image_width = width;
  jpeg->image_height = height;
  jpeg->input_components = 3;
  jpeg->in_color_space = JCS_RGB;
  jpeg_set_defaults(jpeg);
  jpeg_set_quality(jpeg, quality, TRUE);
  if (full_chroma) jpeg->comp_info[0].h_samp_factor = jpeg->comp_info[0].v_samp_factor = 1;
  jpeg_start_compress(jpeg, TRUE);
  while (jpeg->next_scanline < height) {
    JSAMPROW row = (JSAMPROW)(pixels + (size_t)jpeg->next_scanline * width * 3);
    jpeg_write_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_compress(jpeg);
  return CC_OK;
}

cc_status cc_jpeg_write(const uint8_t *pixels, uint32_t width, uint32_t height, int quality, bool full_chroma,
                        uint8_t **bytes, size_t *count, cc_error *error) {
  *error = (cc_error){CC_OK, ""};
  writer *out = calloc(1, sizeof *out);
  if (!out) return error->status = CC_NO_MEMORY;
  out->error = error;
  out->jpeg.err = jpeg_std_error(&out->errors);
  out->errors.error_exit = fail;
  out->errors.emit_message = ignore;
  cc_status status = write_all(out, pixels, width, height, quality, full_chroma);
  jpeg_destroy_compress(&out->jpeg);
  if (status == CC_OK) {
    *bytes = out->bytes;
    *count = out->count;
  } else {
    free(out->bytes);
  }
  free(out);
  return status;
}
