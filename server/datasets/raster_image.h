#ifndef TRAIND_SERVER_DATASETS_RASTER_IMAGE_H_
#define TRAIND_SERVER_DATASETS_RASTER_IMAGE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace traind {

// Sizes of a picture; 1 channel for grey, 3 for red, green and blue.
struct RasterSize {
  int64_t channels = 0;
  int64_t height = 0;
  int64_t width = 0;

  bool operator==(const RasterSize&) const = default;
};

// A decoded picture, row-major with the channels of a pixel side by side: [H, W, C].
struct RasterImage {
  RasterSize size;
  std::vector<uint8_t> pixels;
};

// Decoders of PNG (libpng) and JPEG (libjpeg-turbo). Palettes become colours, 16 bits 8,
// transparency is left out. INVALID_ARGUMENT says what the library found; a side of more
// than 16384 pixels is refused before memory is taken.
absl::StatusOr<RasterImage> DecodePng(absl::string_view file);
absl::StatusOr<RasterImage> DecodeJpeg(absl::string_view file);

// Either, by its first bytes.
absl::StatusOr<RasterImage> DecodeImage(absl::string_view file);

// A grey picture as one of three equal channels.
RasterImage ToColour(const RasterImage& grey);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_RASTER_IMAGE_H_
