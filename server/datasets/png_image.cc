#include <png.h>

#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/datasets/raster_bounds.h"
#include "server/datasets/raster_image.h"

namespace traind {
namespace {

// libpng leaves a failed call by longjmp, which must not cross a destructor: each
// method that calls it has its own setjmp and only trivial locals.
class PngReader {
 public:
  explicit PngReader(absl::string_view bytes) : bytes_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, OnError, OnWarning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  // Reads up to the pixels and asks for one or three channels of 8 bits.
  bool ReadHeader() {
    if (info_ == nullptr || setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_read_fn(png_, this, OnRead);
    png_set_user_limits(png_, kRasterSideMax, kRasterSideMax);
    png_read_info(png_, info_);
    png_set_expand(png_);  // palettes, and 1, 2 and 4 bits
    png_set_scale_16(png_);
    png_set_strip_alpha(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }

  // Reads all pixels into the rows.
  bool ReadPixels(uint8_t** rows) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_image(png_, rows);
    png_read_end(png_, nullptr);
    return true;
  }

  RasterSize size() const {
    return {png_get_channels(png_, info_), png_get_image_height(png_, info_),
            png_get_image_width(png_, info_)};
  }
  const char* message() const { return message_; }
  size_t position() const { return position_; }

 private:
  static void OnRead(png_structp png, png_bytep target, size_t count) {
    PngReader* const self = static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > self->bytes_.size() - self->position_) png_error(png, "the file ends too early");
    std::memcpy(target, self->bytes_.data() + self->position_, count);
    self->position_ += count;
  }

  static void OnError(png_structp png, png_const_charp message) {
    PngReader* const self = static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(self->message_, message, sizeof(self->message_) - 1);
    png_longjmp(png, 1);
  }

  static void OnWarning(png_structp, png_const_charp) {}

  const absl::string_view bytes_;
  size_t position_ = 0;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char message_[128] = {};
};

absl::Status DamagedPng(const PngReader& reader) {
  return absl::InvalidArgumentError(
      absl::StrCat("damaged PNG, before byte ", reader.position(), ": ", reader.message()));
}

}  // namespace

absl::StatusOr<RasterImage> DecodePng(absl::string_view file) {
  PngReader reader(file);
  if (!reader.ReadHeader()) return DamagedPng(reader);
  RasterImage image{reader.size(), {}};
  if (absl::Status status = CheckRasterSize(image.size); !status.ok()) return status;
  const int64_t row_bytes = image.size.width * image.size.channels;
  image.pixels.resize(static_cast<size_t>(row_bytes * image.size.height));
  std::vector<uint8_t*> rows;
  for (int64_t y = 0; y < image.size.height; ++y) {
    rows.push_back(image.pixels.data() + y * row_bytes);
  }
  if (!reader.ReadPixels(rows.data())) return DamagedPng(reader);
  return image;
}

}  // namespace traind
