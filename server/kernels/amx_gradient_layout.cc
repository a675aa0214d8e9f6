#include "server/kernels/amx_gradient_layout.h"

#include <algorithm>

#include "server/kernels/tile_config.h"

namespace traind {
namespace {

// 32 channels of so many places are 64 KB.
constexpr int kBandPlaces = 1024;
constexpr int kGatherTapsMax = 256;

// So that the lines of a tile lie in different sets of the first cache.
int64_t OddLines(int64_t count) { return (count + 31) / 32 * 32 | 32; }

}  // namespace

int AmxBandRows(const ConvShape& shape) {
  return std::clamp(kBandPlaces / shape.in_width, 1, shape.out_height());
}

AmxGradientLayout AmxGradientLayoutOf(const ConvShape& band) {
  const int taps = band.kernel_height * band.kernel_width * band.in_channels;
  const int64_t pixels = int64_t{band.in_height} * band.in_width;
  const int64_t moved = int64_t{band.kernel_height - 1} * band.in_width + band.kernel_width - 1;
  const int64_t pairs = (pixels - moved + 1) / 2;
  AmxGradientLayout layout;
  // Fewer channels leave most of a tile's rows empty.
  layout.gathers = band.in_channels < kTileRows && taps <= kGatherTapsMax;
  layout.steps = static_cast<int>((pairs + kTileRows - 1) / kTileRows);
  layout.step_pairs = static_cast<int>((pairs + layout.steps - 1) / layout.steps);
  layout.line_stride = OddLines(std::max(pixels, layout.place_count() + moved));
  layout.tap_lines = band.in_channels * layout.line_stride;
  layout.pairs = layout.tap_lines + (layout.gathers ? taps * layout.line_stride : 0);
  layout.size = layout.pairs + layout.place_count() * band.out_channels;
  return layout;
}

int64_t AmxScratchCount(const ConvShape& shape) {
  ConvShape band = shape;
  band.in_height = AmxBandRows(shape) + shape.kernel_height - 1;
  return AmxGradientLayoutOf(band).size;
}

}  // namespace traind
