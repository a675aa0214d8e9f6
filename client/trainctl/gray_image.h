#ifndef TRAIND_CLIENT_TRAINCTL_GRAY_IMAGE_H_
#define TRAIND_CLIENT_TRAINCTL_GRAY_IMAGE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace traind {

// A greyscale picture: row-major, 0 black to 255 white.
struct GrayImage {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;
};

// Swaps dark and light.
GrayImage Invert(GrayImage image);

// The picture at another size; each new pixel is the mean of the area that it
// covers in the old one. Proportions are not kept.
GrayImage Resize(const GrayImage& image, int width, int height);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_GRAY_IMAGE_H_
