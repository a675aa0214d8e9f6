#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <string>

// After the header above, which it needs.
#include <jpeglib.h>

#include "absl/strings/str_cat.h"
#include "server/datasets/raster_bounds.h"
#include "server/datasets/raster_image.h"

namespace traind {
namespace {

// Scans of a progressive picture; each costs as much as a whole one, and a small file could
// have thousands.
constexpr int kScansMax = 100;

// As with libpng: libjpeg's errors leave by longjmp, so each method that calls it has its
// own setjmp and only trivial locals.
class JpegReader {
 public:
  explicit JpegReader(absl::string_view bytes) : bytes_(bytes) {
    decoder_.err = jpeg_std_error(&errors_.library);
    errors_.library.error_exit = OnError;
    errors_.library.emit_message = OnMessage;
    progress_.progress_monitor = OnProgress;
    created_ = Create();
  }
  ~JpegReader() {
    if (created_) jpeg_destroy_decompress(&decoder_);
  }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  // Reads up to the pixels and asks for grey or red, green and blue.
  bool ReadHeader() {
    if (!created_ || setjmp(errors_.jump) != 0) return false;
    jpeg_mem_src(&decoder_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    if (jpeg_read_header(&decoder_, TRUE) != JPEG_HEADER_OK) return false;
    decoder_.out_color_space = decoder_.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
    // Exact everywhere, where the fast one differs between machines.
    decoder_.dct_method = JDCT_ISLOW;
    jpeg_calc_output_dimensions(&decoder_);
    return true;
  }

  // Reads all pixels, row after row.
  bool ReadPixels(uint8_t* target) {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_start_decompress(&decoder_);
    const size_t row_bytes = size_t{decoder_.output_width} * decoder_.output_components;
    while (decoder_.output_scanline < decoder_.output_height) {
      JSAMPROW row = target + decoder_.output_scanline * row_bytes;
      jpeg_read_scanlines(&decoder_, &row, 1);
    }
    jpeg_finish_decompress(&decoder_);
    return true;
  }

  RasterSize size() const {
    return {decoder_.out_color_space == JCS_GRAYSCALE ? 1 : 3, decoder_.output_height,
            decoder_.output_width};
  }
  const char* message() const { return errors_.message; }

 private:
  struct Errors {
    jpeg_error_mgr library;
    std::jmp_buf jump;
    char message[JMSG_LENGTH_MAX];
  };

  bool Create() {
    if (setjmp(errors_.jump) != 0) return false;
    jpeg_create_decompress(&decoder_);
    decoder_.progress = &progress_;
    return true;
  }

  [[noreturn]] static void OnError(j_common_ptr decoder) {
    Errors* const errors = reinterpret_cast<Errors*>(decoder->err);
    errors->library.format_message(decoder, errors->message);
    std::longjmp(errors->jump, 1);
  }

  static void OnProgress(j_common_ptr decoder) {
    if (reinterpret_cast<j_decompress_ptr>(decoder)->input_scan_number <= kScansMax) return;
    Errors* const errors = reinterpret_cast<Errors*>(decoder->err);
    std::snprintf(errors->message, sizeof(errors->message), "it has more than %d scans", kScansMax);
    std::longjmp(errors->jump, 1);
  }

  // Warnings are damage, such as a file that ends too early: the library would go on with
  // grey pixels. Anything else is a trace.
  static void OnMessage(j_common_ptr decoder, int level) {
    if (level < 0) OnError(decoder);
  }

  const absl::string_view bytes_;
  jpeg_decompress_struct decoder_ = {};
  Errors errors_ = {};
  jpeg_progress_mgr progress_ = {};
  bool created_ = false;
};

absl::Status DamagedJpeg(const JpegReader& reader) {
  return absl::InvalidArgumentError(absl::StrCat("damaged JPEG: ", reader.message()));
}

}  // namespace

absl::StatusOr<RasterImage> DecodeJpeg(absl::string_view file) {
  JpegReader reader(file);
  if (!reader.ReadHeader()) return DamagedJpeg(reader);
  RasterImage image{reader.size(), {}};
  if (absl::Status status = CheckRasterSize(image.size); !status.ok()) return status;
  image.pixels.resize(
      static_cast<size_t>(image.size.width * image.size.height * image.size.channels));
  if (!reader.ReadPixels(image.pixels.data())) return DamagedJpeg(reader);
  return image;
}

}  // namespace traind
