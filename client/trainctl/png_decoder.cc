#include "client/trainctl/png_decoder.h"

#include <png.h>

#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

constexpr int kSideMax = 8192;
constexpr int kSignatureBytes = 8;

// libpng leaves a failed call by longjmp, which must not cross a destructor: each
// method that calls it has its own setjmp and only trivial locals.
class PngReader {
 public:
  explicit PngReader(const std::string& bytes) : bytes_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, OnError, OnWarning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  // Reads up to the pixels and asks for 8 bits a channel.
  bool ReadHeader() {
    if (info_ == nullptr || setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_read_fn(png_, this, OnRead);
    png_set_user_limits(png_, kSideMax, kSideMax);
    png_read_info(png_, info_);
    png_set_expand(png_);  // palettes, 1, 2 and 4 bits, and the transparent colour
    png_set_scale_16(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }

  // Reads all pixels into rows of row_bytes() each.
  bool ReadPixels(uint8_t** rows) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_image(png_, rows);
    png_read_end(png_, nullptr);
    return true;
  }

  int width() const { return static_cast<int>(png_get_image_width(png_, info_)); }
  int height() const { return static_cast<int>(png_get_image_height(png_, info_)); }
  int channels() const { return png_get_channels(png_, info_); }
  size_t row_bytes() const { return png_get_rowbytes(png_, info_); }
  const char* message() const { return message_; }

 private:
  static void OnRead(png_structp png, png_bytep target, size_t count) {
    PngReader* self = static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > self->bytes_.size() - self->position_) png_error(png, "the file ends too early");
    std::memcpy(target, self->bytes_.data() + self->position_, count);
    self->position_ += count;
  }

  static void OnError(png_structp png, png_const_charp message) {
    PngReader* self = static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(self->message_, message, sizeof(self->message_) - 1);
    png_longjmp(png, 1);
  }

  static void OnWarning(png_structp, png_const_charp) {}

  const std::string& bytes_;
  size_t position_ = 0;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char message_[128] = {};
};

// Pillow's integer form of 0.299 R + 0.587 G + 0.114 B.
int Luma(const uint8_t* rgb) {
  return (19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 0x8000) >> 16;
}

// One pixel of grey, grey + alpha, RGB or RGB + alpha.
uint8_t ToGray(const uint8_t* pixel, int channels, uint8_t background) {
  const int gray = channels >= 3 ? Luma(pixel) : pixel[0];
  if (channels % 2 == 1) return static_cast<uint8_t>(gray);
  const int alpha = pixel[channels - 1];
  return static_cast<uint8_t>((gray * alpha + background * (255 - alpha) + 127) / 255);
}

absl::Status Damaged(const PngReader& reader) {
  return absl::InvalidArgumentError(absl::StrCat("damaged PNG: ", reader.message()));
}

}  // namespace

absl::StatusOr<GrayImage> DecodePng(const std::string& bytes, uint8_t background) {
  const png_bytep start = reinterpret_cast<png_bytep>(const_cast<char*>(bytes.data()));
  if (bytes.size() < kSignatureBytes || png_sig_cmp(start, 0, kSignatureBytes) != 0) {
    return absl::InvalidArgumentError(
        "not a PNG: expected the signature 89 50 4E 47; convert the picture to PNG first");
  }
  PngReader reader(bytes);
  if (!reader.ReadHeader()) return Damaged(reader);

  const size_t row_bytes = reader.row_bytes();
  std::vector<uint8_t> data(row_bytes * reader.height());
  std::vector<uint8_t*> rows;
  rows.reserve(reader.height());
  for (int y = 0; y < reader.height(); ++y) rows.push_back(data.data() + y * row_bytes);
  if (!reader.ReadPixels(rows.data())) return Damaged(reader);

  const int channels = reader.channels();
  GrayImage image{.width = reader.width(), .height = reader.height(), .pixels = {}};
  image.pixels.reserve(static_cast<size_t>(image.width) * image.height);
  for (const uint8_t* row : rows) {
    for (int x = 0; x < image.width; ++x) {
      image.pixels.push_back(ToGray(row + x * channels, channels, background));
    }
  }
  return image;
}

}  // namespace traind
