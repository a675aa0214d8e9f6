#include "tests/kernels/reference_conv.h"

#include <cmath>
#include <iterator>

#include "absl/strings/str_join.h"

namespace traind {
namespace {

int OutSide(int in, int kernel, int stride) { return (in - kernel) / stride + 1; }

// Calls visit(output, input, weight), three indices, for every product of the convolution.
template <typename Visit>
void ForEachProduct(const ConvShape& s, Visit visit) {
  const int out_height = OutSide(s.in_height, s.kernel_height, s.stride);
  const int out_width = OutSide(s.in_width, s.kernel_width, s.stride);
  for (int row = 0; row < out_height; ++row) {
    for (int column = 0; column < out_width; ++column) {
      for (int kh = 0; kh < s.kernel_height; ++kh) {
        for (int kw = 0; kw < s.kernel_width; ++kw) {
          for (int ic = 0; ic < s.in_channels; ++ic) {
            const int input =
                ((row * s.stride + kh) * s.in_width + column * s.stride + kw) * s.in_channels + ic;
            const int tap = (kh * s.kernel_width + kw) * s.in_channels + ic;
            for (int oc = 0; oc < s.out_channels; ++oc) {
              visit((row * out_width + column) * s.out_channels + oc, input,
                    tap * s.out_channels + oc);
            }
          }
        }
      }
    }
  }
}

// Height, width, channels in and out, kernel height and width; rows of zeros; stride.
const ConvShape kShapes[] = {
    // The layers of recipes/s4.textproto, and their input gradients.
    {28, 28, 1, 32, 5, 5},
    {24, 24, 32, 16, 3, 3},
    {11, 11, 16, 16, 3, 3},
    {9, 9, 16, 64, 3, 3},
    {26, 26, 16, 32, 3, 3},
    {11, 11, 64, 16, 3, 3},
    // Colours; a width below and above one tile; widths that no tile divides.
    {9, 7, 3, 16, 3, 3},
    {12, 16, 3, 32, 5, 5},
    {5, 31, 3, 48, 3, 3},
    {3, 45, 1, 64, 3, 3},
    // Kernels of 1, and as large as the input; odd channels in; flat kernels.
    {6, 13, 16, 32, 1, 1},
    {4, 4, 32, 16, 4, 4},
    {1, 1, 64, 16, 1, 1},
    {7, 10, 5, 16, 3, 3},
    {7, 10, 48, 80, 3, 3},
    {8, 9, 16, 16, 1, 5},
    {8, 9, 17, 32, 5, 1},
    {6, 6, 2, 96, 2, 2},
    // A width that pieces of one size overlap in; a linear layer of many samples; more rows than
    // one
    // band of a gradient; many taps of few channels.
    {6, 23, 16, 16, 3, 3},
    {40, 1, 64, 48, 1, 1},
    {70, 40, 1, 16, 3, 3},
    {13, 12, 7, 16, 9, 9},
    // Strides: from a picture, down to odd and even heights, with rows left over, past the kernel.
    {17, 18, 3, 32, 3, 3, 0, 2},
    {11, 30, 16, 32, 3, 3, 0, 2},
    {10, 9, 32, 48, 3, 3, 0, 2},
    {9, 8, 64, 16, 1, 1, 0, 2},
    {9, 8, 80, 16, 1, 1, 0, 2},
    {13, 14, 5, 16, 2, 2, 0, 3}};

}  // namespace

void Exact::Add(double term) {
  value += term;
  magnitude += std::abs(term);
}

std::vector<ConvShape> ConvTestShapes() { return {std::begin(kShapes), std::end(kShapes)}; }

std::string Name(const ConvShape& s) {
  return absl::StrJoin({s.in_height, s.in_width, s.in_channels, s.out_channels, s.kernel_height,
                        s.kernel_width, s.stride},
                       ", ");
}

std::vector<Exact> ReferenceForward(const ConvShape& shape, const std::vector<float>& x,
                                    const std::vector<float>& weights) {
  std::vector<Exact> y(OutCount(shape));
  ForEachProduct(shape, [&](int output, int input, int weight) {
    y[output].Add(double{x[input]} * weights[weight]);
  });
  return y;
}

std::vector<Exact> ReferenceWeightGradient(const ConvShape& shape, const std::vector<float>& x,
                                           const std::vector<float>& dy) {
  std::vector<Exact> dw(WeightCount(shape));
  ForEachProduct(shape, [&](int output, int input, int weight) {
    dw[weight].Add(double{x[input]} * dy[output]);
  });
  return dw;
}

int64_t InCount(const ConvShape& shape) {
  return int64_t{shape.in_height} * shape.in_width * shape.in_channels;
}

int64_t OutCount(const ConvShape& shape) {
  return int64_t{OutSide(shape.in_height, shape.kernel_height, shape.stride)} *
         OutSide(shape.in_width, shape.kernel_width, shape.stride) * shape.out_channels;
}

int64_t WeightCount(const ConvShape& shape) {
  return int64_t{shape.kernel_height} * shape.kernel_width * shape.in_channels * shape.out_channels;
}

std::vector<float> RandomFloats(int64_t count, std::mt19937& random) {
  std::vector<float> numbers(count);
  for (float& number : numbers) {
    number = static_cast<float>(static_cast<double>(random()) / 2147483648.0 - 1);
  }
  return numbers;
}

}  // namespace traind
