#include "server/kernels/conv_check.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/kernels/paths.h"

namespace traind {
namespace {

// Two columns of tiles and one; tiles within a row, over several rows, and overlapping; rows of
// zeros; an odd number of taps; few channels; a linear layer.
constexpr ConvShape kShapes[] = {{4, 26, 16, 48, 3, 3, 1},
                                 {9, 9, 32, 16, 3, 3},
                                 {8, 12, 1, 32, 5, 5},
                                 {7, 8, 3, 16, 3, 3},
                                 {20, 1, 64, 16, 1, 1}};

// Sums of at most 288 products of numbers below 1; a wrong one is off by more.
constexpr double kSumTolerance = 1e-3;
// A number that lies between two of bf16's may be rounded to either.
constexpr double kRounding = 1.0 / 128;

// Always the same numbers in [-1, 1).
class Numbers {
 public:
  std::vector<float> Floats(int64_t count) {
    std::vector<float> floats(static_cast<size_t>(count));
    for (float& number : floats) {
      state_ = state_ * 6364136223846793005U + 1442695040888963407U;
      number = static_cast<float>(static_cast<double>(state_ >> 40) / (1 << 23) - 1);
    }
    return floats;
  }
  // And one more, that forward may read.
  std::vector<Bf16> Rounded(int64_t count) {
    const std::vector<float> floats = Floats(count + 1);
    std::vector<Bf16> rounded(floats.size());
    RoundToBf16(count + 1, floats.data(), rounded.data());
    return rounded;
  }

 private:
  uint64_t state_ = 1;
};

// What a path makes of one convolution.
struct Results {
  Results(const ConvShape& shape, int64_t out_count)
      : floats(out_count), rounded(out_count), sums(2 * shape.out_channels) {}

  std::vector<float> floats;
  std::vector<Bf16> rounded;
  std::vector<float> sums;
  std::vector<float> weight_gradient;
};

Results ResultsOf(const Bf16ConvKernels& kernels, const ConvShape& shape) {
  Numbers numbers;
  const int64_t out_row = int64_t{shape.out_width()} * shape.out_channels;
  const int64_t out_count = out_row * shape.out_height();
  const int64_t weight_count =
      int64_t{shape.kernel_height} * shape.kernel_width * shape.in_channels * shape.out_channels;
  std::vector<Bf16> x =
      numbers.Rounded(int64_t{shape.in_height} * shape.in_width * shape.in_channels);
  const int64_t zeros = int64_t{shape.zero_rows} * shape.in_width * shape.in_channels;
  std::fill(x.begin(), x.begin() + zeros, Bf16{0});
  std::fill(x.end() - 1 - zeros, x.end(), Bf16{0});
  const std::vector<Bf16> dy = numbers.Rounded(out_count);
  const std::vector<float> bias = numbers.Floats(shape.out_channels);
  std::vector<Bf16> weights(Bf16WeightCount(shape));
  PackBf16Weights(shape, numbers.Floats(weight_count).data(), weights.data());

  Results results(shape, out_count);
  kernels.forward_to_float(shape, x.data(), weights.data(), {}, results.floats.data(), out_row);
  Bf16ConvEpilogue epilogue;
  epilogue.bias = bias.data();
  epilogue.relu = true;
  epilogue.companion = dy.data();
  epilogue.sum = results.sums.data();
  epilogue.product_sum = results.sums.data() + shape.out_channels;
  kernels.forward(shape, x.data(), weights.data(), epilogue, results.rounded.data(), out_row);
  results.weight_gradient = numbers.Floats(weight_count);
  std::vector<Bf16> scratch(Bf16ScratchCount(shape));
  kernels.weight_gradient(shape, x.data(), dy.data(), out_row, scratch.data(),
                          results.weight_gradient.data());
  return results;
}

// Written so that NaN differs.
bool Near(double a, double b, double rounding) {
  return std::abs(a - b) <= kSumTolerance + rounding * std::abs(b);
}

absl::Status Differs(const Bf16ConvKernels& kernels, absl::string_view what, size_t i, double got,
                     double expected) {
  return absl::InternalError(absl::StrCat("kernels ", kernels.name, ", ", what, ": expected ",
                                          expected, " as number ", i, ", got ", got));
}

absl::Status Compare(const Bf16ConvKernels& kernels, absl::string_view what,
                     const std::vector<float>& got, const std::vector<float>& expected,
                     double rounding) {
  for (size_t i = 0; i < got.size(); ++i) {
    if (!Near(got[i], expected[i], rounding)) return Differs(kernels, what, i, got[i], expected[i]);
  }
  return absl::OkStatus();
}

std::vector<float> FloatsOf(const std::vector<Bf16>& rounded) {
  std::vector<float> floats;
  floats.reserve(rounded.size());
  for (const Bf16 number : rounded) floats.push_back(FloatOf(number));
  return floats;
}

absl::Status Check(const Bf16ConvKernels& kernels, const ConvShape& shape) {
  const Results got = ResultsOf(kernels, shape);
  const Results expected = ResultsOf(kPortableBf16Conv, shape);
  absl::Status status = Compare(kernels, "forward to floats", got.floats, expected.floats, 0);
  status.Update(
      Compare(kernels, "forward", FloatsOf(got.rounded), FloatsOf(expected.rounded), kRounding));
  // Some of the summed numbers may have been rounded to the other side.
  status.Update(Compare(kernels, "sums", got.sums, expected.sums, kRounding));
  status.Update(
      Compare(kernels, "weight gradient", got.weight_gradient, expected.weight_gradient, 0));
  return status;
}

}  // namespace

absl::Status CheckAgainstPortable(const Bf16ConvKernels& kernels) {
  for (const ConvShape& shape : kShapes) {
    const absl::Status status = Check(kernels, shape);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace traind
