#ifndef TRAIND_SERVER_DATASETS_RASTER_BOUNDS_H_
#define TRAIND_SERVER_DATASETS_RASTER_BOUNDS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "server/datasets/raster_image.h"

namespace traind {

// Longest side of a picture, and most pixels of one: a small file may promise a lot.
inline constexpr uint32_t kRasterSideMax = 16384;
inline constexpr int64_t kRasterPixelsMax = 16 << 20;

// INVALID_ARGUMENT for a picture that is too large, or has neither 1 nor 3 channels.
absl::Status CheckRasterSize(const RasterSize& size);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_RASTER_BOUNDS_H_
