#include "client/trainctl/color_image.h"

#include <png.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace traind {

ColorImage PlainImage(int width, int height, Color color) {
  ColorImage image{.width = width, .height = height, .pixels = {}};
  image.pixels.resize(static_cast<size_t>(width) * height * 3);
  FillRectangle(0, 0, width, height, color, image);
  return image;
}

void FillRectangle(int x, int y, int width, int height, Color color, ColorImage& image) {
  const int right = std::min(x + width, image.width);
  const int bottom = std::min(y + height, image.height);
  for (int row = std::max(y, 0); row < bottom; ++row) {
    for (int column = std::max(x, 0); column < right; ++column) {
      uint8_t* pixel = &image.pixels[(static_cast<size_t>(row) * image.width + column) * 3];
      pixel[0] = color.red;
      pixel[1] = color.green;
      pixel[2] = color.blue;
    }
  }
}

absl::StatusOr<std::string> EncodePng(const ColorImage& image) {
  png_image header = {};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::string file(size, '\0');
  if (png_image_write_to_memory(&header, file.data(), &size, 0, image.pixels.data(), 0, nullptr) ==
      0) {
    return absl::InternalError(absl::StrCat("cannot make a PNG: ", header.message));
  }
  file.resize(size);
  return file;
}

}  // namespace traind
