#include "server/torch/nn/pixel_normalization.h"

#include <utility>
#include <vector>

namespace traind {
namespace {

at::Tensor PerChannel(const google::protobuf::RepeatedField<double>& values, at::Device device) {
  const std::vector<double> copy(values.begin(), values.end());
  return at::tensor(copy, at::kFloat).to(device);
}

// [C] as it goes together with [N, C, ...].
at::Tensor Beside(const at::Tensor& rows, const at::Tensor& channels) {
  std::vector<int64_t> sizes(static_cast<size_t>(rows.dim()), 1);
  sizes[1] = -1;
  return channels.view(sizes);
}

}  // namespace

PixelNormalization::PixelNormalization(const v1::Normalization& normalization, at::Device device) {
  if (normalization.mean().empty()) return;
  mean_ = PerChannel(normalization.mean(), device);
  standard_deviation_ = PerChannel(normalization.standard_deviation(), device);
}

at::Tensor PixelNormalization::FromBytes(const at::Tensor& pixels) const {
  return FromFractions(pixels.to(at::kFloat).div_(255));
}

at::Tensor PixelNormalization::FromFractions(at::Tensor fractions) const {
  if (!mean_.defined()) return fractions;
  return fractions.sub_(Beside(fractions, mean_)).div_(Beside(fractions, standard_deviation_));
}

}  // namespace traind
