// The only place that sees libpng and libjpeg. Both report errors with longjmp, which must never cross Swift frames, so
// every function here sets its own landing place and returns a status. Pixels are 8-bit RGB, rows from the top.
#ifndef DIPTYCH_CCODECS_H
#define DIPTYCH_CCODECS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum {
  CC_OK = 0,
  CC_DAMAGED,      // the bytes are not a whole picture of this kind
  CC_UNSUPPORTED,  // a picture that the format allows and we do not read
  CC_TOO_LARGE,    // more pixels, or more work, than allowed
  CC_NO_MEMORY,
} cc_status;

typedef struct {
  cc_status status;
  char message[240];
} cc_error;

/// A picture that is being read. The bytes must outlive it.
typedef struct cc_png cc_png;
typedef struct cc_jpeg cc_jpeg;

/// Reads a header. NULL with the error filled in if it is damaged or says more than `max_pixels`.
/// `tolerate` gives what pixels there are of a damaged file instead of an error.
cc_png *cc_png_open(const uint8_t *bytes, size_t count, uint64_t max_pixels, bool tolerate, cc_error *error);
cc_jpeg *cc_jpeg_open(const uint8_t *bytes, size_t count, uint64_t max_pixels, bool tolerate, cc_error *error);

/// Like cc_png_open, and blends transparent pixels over a colour instead of dropping their alpha.
cc_png *cc_png_open_over(const uint8_t *bytes, size_t count, uint64_t max_pixels, const uint8_t background[3],
                         cc_error *error);

void cc_png_size(const cc_png *picture, uint32_t *width, uint32_t *height);

/// The size after decoding at eighths/8 (8, 4, 2 or 1).
void cc_jpeg_size(const cc_jpeg *picture, int eighths, uint32_t *width, uint32_t *height);

/// Decodes the whole picture into width × height × 3 bytes. Once per picture.
cc_status cc_png_read(cc_png *picture, uint8_t *pixels, cc_error *error);

/// Decodes the first `rows` rows at eighths/8 of the size. Once per picture.
cc_status cc_jpeg_read(cc_jpeg *picture, int eighths, uint32_t rows, uint8_t *pixels, cc_error *error);

void cc_png_close(cc_png *picture);
void cc_jpeg_close(cc_jpeg *picture);

/// Encodes into memory that the caller frees with cc_free. `level` is zlib's, 0 to 9.
cc_status cc_png_write(const uint8_t *pixels, uint32_t width, uint32_t height, int level, uint8_t **bytes,
                       size_t *count, cc_error *error);

/// Baseline JPEG with libjpeg's quality scale, 1 to 100, and 4:2:0 chroma unless `full_chroma`.
cc_status cc_jpeg_write(const uint8_t *pixels, uint32_t width, uint32_t height, int quality, bool full_chroma,
                        uint8_t **bytes, size_t *count, cc_error *error);

void cc_free(void *memory);

#endif
