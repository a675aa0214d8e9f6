#include "client/trainctl/digit_drawing.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

// Terminals have 24 greys, from 232 (nearly black) to 255 (nearly white).
int TerminalGray(uint8_t pixel) { return 232 + pixel * 23 / 255; }

const char* Shade(int mean) {
  static constexpr const char* kShades[] = {" ", "░", "▒", "▓", "█"};
  return kShades[std::min(mean * 5 / 256, 4)];
}

}  // namespace

std::vector<std::string> DrawImage(const GrayImage& image, bool colour) {
  if (image.width > kDrawingColumnsMax) {
    return DrawImage(Resize(image, kDrawingColumnsMax,
                            std::max(image.height * kDrawingColumnsMax / image.width, 1)),
                     colour);
  }
  const auto pixel = [&image](int y, int x) -> uint8_t {
    return y < image.height ? image.pixels[static_cast<size_t>(y) * image.width + x] : 0;
  };
  std::vector<std::string> lines;
  for (int y = 0; y < image.height; y += 2) {
    std::string line;
    for (int x = 0; x < image.width; ++x) {
      if (colour) {
        absl::StrAppend(&line, "\x1b[38;5;", TerminalGray(pixel(y, x)), ";48;5;",
                        TerminalGray(pixel(y + 1, x)), "m▀");
      } else {
        line += Shade((pixel(y, x) + pixel(y + 1, x)) / 2);
      }
    }
    lines.push_back(colour ? line + "\x1b[0m" : line);
  }
  return lines;
}

}  // namespace traind
