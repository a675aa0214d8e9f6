#include "server/torch/nn/pixel_normalization.h"

#include <utility>
#include <vector>

namespace traind {
namespace {

at::Tensor PerChannel(const google::protobuf::RepeatedField<double>& values,
                      const at::TensorOptions& options) {
  const std::vector<double> copy(values.begin(), values.end());
  return at::tensor(copy, at::kDouble).to(options);
}

// [C] as it goes together with [N, C, ...].
at::Tensor Beside(const at::Tensor& rows, const at::Tensor& channels) {
  std::vector<int64_t> sizes(static_cast<size_t>(rows.dim()), 1);
  sizes[1] = -1;
  return channels.view(sizes);
}

}  // namespace

PixelNormalization::PixelNormalization(const v1::Normalization& normalization, at::Device device,
                                       at::ScalarType type)
    : type_(type) {
  if (normalization.mean().empty()) return;
  const at::TensorOptions options = at::TensorOptions().device(device).dtype(type);
  mean_ = PerChannel(normalization.mean(), options);
  standard_deviation_ = PerChannel(normalization.standard_deviation(), options);
}

at::Tensor PixelNormalization::FromRows(const at::Tensor& rows) const {
  return rows.scalar_type() == at::kByte ? FromBytes(rows) : FromFractions(rows.to(type_));
}

at::Tensor PixelNormalization::FromBytes(const at::Tensor& pixels) const {
  return FromFractions(pixels.to(type_).div_(255));
}

at::Tensor PixelNormalization::FromFractions(at::Tensor fractions) const {
  if (!mean_.defined()) return fractions;
  return fractions.sub_(Beside(fractions, mean_)).div_(Beside(fractions, standard_deviation_));
}

}  // namespace traind
