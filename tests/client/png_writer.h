#ifndef TRAIND_TESTS_CLIENT_PNG_WRITER_H_
#define TRAIND_TESTS_CLIENT_PNG_WRITER_H_

#include <png.h>

#include <cstdint>
#include <string>
#include <vector>

namespace traind {

// A PNG as a test wants it.
struct PngSpec {
  int width = 0;
  int height = 0;
  int bit_depth = 8;
  int color_type = PNG_COLOR_TYPE_GRAY;
  // Packed rows as the format has them, one after another.
  std::vector<uint8_t> bytes = {};
  std::vector<png_color> palette = {};
  bool interlaced = false;
};

inline std::string WritePng(const PngSpec& spec) {
  std::string file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &file,
      [](png_structp writer, png_bytep data, size_t count) {
        static_cast<std::string*>(png_get_io_ptr(writer))
            ->append(reinterpret_cast<const char*>(data), count);
      },
      nullptr);
  png_set_IHDR(png, info, spec.width, spec.height, spec.bit_depth, spec.color_type,
               spec.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
  if (!spec.palette.empty()) {
    png_set_PLTE(png, info, spec.palette.data(), static_cast<int>(spec.palette.size()));
  }
  png_write_info(png, info);
  const size_t row_bytes = spec.bytes.size() / spec.height;
  std::vector<png_bytep> rows;
  for (int y = 0; y < spec.height; ++y) {
    rows.push_back(const_cast<png_bytep>(spec.bytes.data() + y * row_bytes));
  }
  png_write_image(png, rows.data());
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return file;
}

}  // namespace traind

#endif  // TRAIND_TESTS_CLIENT_PNG_WRITER_H_
