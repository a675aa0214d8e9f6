#ifndef TRAIND_SERVER_KERNELS_CONV_FORWARD_H_
#define TRAIND_SERVER_KERNELS_CONV_FORWARD_H_

#include <cstdint>

#include "server/kernels/conv_forward_tile.h"

namespace traind {

// ConvForward by tiles (conv_forward_tile.h). A block of output channels passes over the whole
// sample before the next one, so that the block's weights stay in the first cache. The width is cut
// into strips of nearly equal width, each of which a tile walks down:
//
//   out_width 22, at most 12 pixels:  |<---- 11 ---->|<---- 11 ---->|
//                                     |     row 0    |              |
//                                     |     row 1    |              |
template <class Lanes>
class ConvForwardPath {
 public:
  using Input = typename Lanes::Input;
  using Output = typename Lanes::Output;

  static void Run(const ConvShape& shape, const Input* x, const Input* weights,
                  const typename Lanes::Epilogue& epilogue, Output* y, int64_t y_row_stride) {
    const int64_t x_row_stride = int64_t{shape.in_width} * shape.in_channels;
    const int row_taps = shape.kernel_width * shape.in_channels;
    const Call call = {
        shape,        epilogue,           x_row_stride,
        y_row_stride, shape.out_height(), (row_taps + Lanes::kTaps - 1) / Lanes::kTaps};
    switch (shape.in_channels * shape.stride) {
      case 1:
        return RunBlocks<1>(call, x, weights, y);
      case 3:
        return RunBlocks<3>(call, x, weights, y);
      case 16:
        return RunBlocks<16>(call, x, weights, y);
      case 32:
        return RunBlocks<32>(call, x, weights, y);
      case 64:
        return RunBlocks<64>(call, x, weights, y);
      case 128:
        return RunBlocks<128>(call, x, weights, y);
      default:
        return RunBlocks<0>(call, x, weights, y);
    }
  }

 private:
  using Call = ForwardCall<Lanes>;

  // Two vectors of weights and one of input beside the sums; or one and one.
  static constexpr int kPairPixels = (Lanes::kRegisters - 4) / 2 > 12 ? 12 : 6;
  static constexpr int kSinglePixels = Lanes::kRegisters - 4 > 14 ? 14 : 12;

  template <int kPixelStride>
  static void RunBlocks(const Call& call, const Input* x, const Input* weights, Output* y) {
    using Pair = ForwardTiles<Lanes, kPixelStride, 2, kPairPixels>;
    using Single = ForwardTiles<Lanes, kPixelStride, 1, kSinglePixels>;
    int channel = 0;
    for (; channel + 2 * Lanes::kCount <= call.shape.out_channels; channel += 2 * Lanes::kCount) {
      RunBlock(call, Pair::kOf, kPairPixels, channel, x, weights, y);
    }
    if (channel < call.shape.out_channels) {
      RunBlock(call, Single::kOf, kSinglePixels, channel, x, weights, y);
    }
  }

  // The output channels from `channel` on that one tile has.
  static void RunBlock(const Call& call, ForwardRowsFunction<Lanes>* const* strips, int pixels_max,
                       int channel, const Input* x, const Input* weights, Output* y) {
    const ConvShape& shape = call.shape;
    const int width = shape.out_width();
    const int strip_count = (width + pixels_max - 1) / pixels_max;
    const Input* const companion = call.epilogue.companion;
    for (int i = 0; i < strip_count; ++i) {
      const int begin = width * i / strip_count;
      const int end = width * (i + 1) / strip_count;
      const int64_t to = int64_t{begin} * shape.out_channels + channel;
      const ForwardStrip<Lanes> strip = {x + int64_t{begin} * shape.stride * shape.in_channels,
                                         weights + int64_t{channel} * Lanes::kTaps, y + to,
                                         companion == nullptr ? nullptr : companion + to, channel};
      strips[end - begin - 1](call, strip);
    }
  }
};

}  // namespace traind

#endif  // TRAIND_SERVER_KERNELS_CONV_FORWARD_H_
