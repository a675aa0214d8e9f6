#ifndef TRAIND_CLIENT_TRAINCTL_COLOR_IMAGE_H_
#define TRAIND_CLIENT_TRAINCTL_COLOR_IMAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace traind {

struct Color {
  uint8_t red = 0;
  uint8_t green = 0;
  uint8_t blue = 0;
};

// A picture in colours: row-major, red, green and blue of each pixel.
struct ColorImage {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;
};

// A picture of one colour.
ColorImage PlainImage(int width, int height, Color color);

// Fills a rectangle with its upper left corner at x and y; what lies outside is left out.
void FillRectangle(int x, int y, int width, int height, Color color, ColorImage& image);

// The picture as a PNG file. INTERNAL when libpng cannot.
absl::StatusOr<std::string> EncodePng(const ColorImage& image);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_COLOR_IMAGE_H_
