#include "server/datasets/raster_image.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/datasets/raster_bounds.h"

namespace traind {

absl::Status CheckRasterSize(const RasterSize& size) {
  if (size.channels != 1 && size.channels != 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected grey or colours, got ", size.channels, " channels"));
  }
  if (size.height < 1 || size.width < 1 || size.height > kRasterSideMax ||
      size.width > kRasterSideMax || size.height * size.width > kRasterPixelsMax) {
    return absl::InvalidArgumentError(absl::StrCat("expected a picture of at most ", kRasterSideMax,
                                                   " pixels a side and ", kRasterPixelsMax,
                                                   " in all, got ", size.width, "x", size.height));
  }
  return absl::OkStatus();
}

absl::StatusOr<RasterImage> DecodeImage(absl::string_view file) {
  if (absl::StartsWith(file, "\x89PNG\r\n\x1a\n")) return DecodePng(file);
  if (absl::StartsWith(file, "\xff\xd8\xff")) return DecodeJpeg(file);
  return absl::InvalidArgumentError(
      "expected a PNG or JPEG picture, its first bytes are of neither");
}

RasterImage ToColour(const RasterImage& grey) {
  RasterImage colour{{3, grey.size.height, grey.size.width}, {}};
  colour.pixels.reserve(grey.pixels.size() * 3);
  for (const uint8_t pixel : grey.pixels) colour.pixels.insert(colour.pixels.end(), 3, pixel);
  return colour;
}

}  // namespace traind
