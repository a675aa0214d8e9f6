#include "client/trainctl/gray_image.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace traind {
namespace {

// An old pixel and the share of a new one that it fills.
struct Share {
  int index;
  double weight;
};

// For each of `to` new pixels the old ones among `from` that it covers.
std::vector<std::vector<Share>> Coverage(int from, int to) {
  std::vector<std::vector<Share>> shares(to);
  const double step = static_cast<double>(from) / to;
  for (int i = 0; i < to; ++i) {
    const double begin = i * step;
    const double end = std::min((i + 1) * step, static_cast<double>(from));
    for (int old = static_cast<int>(begin); old < end; ++old) {
      const double covered = std::min<double>(old + 1, end) - std::max<double>(old, begin);
      if (covered > 0) shares[i].push_back({old, covered / (end - begin)});
    }
  }
  return shares;
}

}  // namespace

GrayImage Invert(GrayImage image) {
  for (uint8_t& pixel : image.pixels) pixel = 255 - pixel;
  return image;
}

GrayImage Resize(const GrayImage& image, int width, int height) {
  const std::vector<std::vector<Share>> columns = Coverage(image.width, width);
  const std::vector<std::vector<Share>> rows = Coverage(image.height, height);
  GrayImage resized{.width = width, .height = height, .pixels = {}};
  resized.pixels.reserve(static_cast<size_t>(width) * height);
  for (const std::vector<Share>& row : rows) {
    for (const std::vector<Share>& column : columns) {
      double sum = 0;
      for (const Share& y : row) {
        for (const Share& x : column) {
          sum += y.weight * x.weight *
                 image.pixels[static_cast<size_t>(y.index) * image.width + x.index];
        }
      }
      resized.pixels.push_back(static_cast<uint8_t>(std::lround(std::clamp(sum, 0.0, 255.0))));
    }
  }
  return resized;
}

}  // namespace traind
