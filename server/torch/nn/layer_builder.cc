#include "server/torch/nn/layer_builder.h"

#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/torch/nn/layers.h"
#include "server/torch/random_generator.h"

namespace traind {
namespace {

// Side of what a square window makes of a side of `size`.
int64_t WindowOutput(int64_t size, int64_t kernel, int64_t stride, int64_t padding) {
  return (size + 2 * padding - kernel) / stride + 1;
}

absl::Status DoesNotFit(absl::string_view what, const std::vector<int64_t>& shape) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, " does not fit the input [", absl::StrJoin(shape, ", "), "]"));
}

// The backward passes of these layers do not read their own output, so a ReLU
// after them may overwrite it.
bool MayBeOverwritten(v1::Layer::KindCase kind) {
  return kind == v1::Layer::kConv2D || kind == v1::Layer::kLinear ||
         kind == v1::Layer::kBatchNorm2D;
}

}  // namespace

LayerBuilder::LayerBuilder(const v1::InputShape& input, int64_t seed, at::Device device)
    : device_(device),
      generator_(MakeGenerator(at::kCPU, static_cast<uint64_t>(seed))),
      shape_({input.channels(), input.height(), input.width()}) {}

absl::StatusOr<std::unique_ptr<Layer>> LayerBuilder::Build(const v1::Layer& layer) {
  const v1::Layer::KindCase previous = std::exchange(previous_, layer.kind_case());
  switch (layer.kind_case()) {
    case v1::Layer::kConv2D:
      return BuildConv2d(layer.conv2d());
    case v1::Layer::kRelu:
      return std::make_unique<ReluLayer>(MayBeOverwritten(previous));
    case v1::Layer::kBatchNorm2D:
      RETURN_IF_ERROR(RequireImage());
      return std::make_unique<BatchNorm2dLayer>(layer.batch_norm2d(), shape_[0], device_);
    case v1::Layer::kMaxPool2D:
      return BuildMaxPool2d(layer.max_pool2d());
    case v1::Layer::kDropout:
      return std::make_unique<DropoutLayer>(layer.dropout());
    case v1::Layer::kAdaptiveAvgPool2D:
      return BuildAdaptiveAvgPool2d(layer.adaptive_avg_pool2d());
    case v1::Layer::kFlatten:
      shape_ = {std::accumulate(shape_.begin(), shape_.end(), int64_t{1}, std::multiplies<>())};
      return std::make_unique<FlattenLayer>();
    case v1::Layer::kLinear:
      return BuildLinear(layer.linear());
    case v1::Layer::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("expected a kind of layer, got none");
}

absl::StatusOr<std::unique_ptr<Layer>> LayerBuilder::BuildConv2d(const v1::Conv2d& options) {
  RETURN_IF_ERROR(RequireImage());
  const int64_t kernel = options.kernel_size();
  const int64_t stride = options.has_stride() ? options.stride() : 1;
  const int64_t padding = options.padding();
  if (options.out_channels() < 1 || kernel < 1 || stride < 1 || padding < 0) {
    return absl::InvalidArgumentError(
        "expected out_channels, kernel_size and stride of at least 1 and padding of at least 0");
  }
  if (shape_[1] + 2 * padding < kernel || shape_[2] + 2 * padding < kernel) {
    return DoesNotFit(absl::StrCat("kernel ", kernel), shape_);
  }
  const int64_t fan_in = shape_[0] * kernel * kernel;
  at::Tensor weight = DrawUniform({options.out_channels(), shape_[0], kernel, kernel}, fan_in);
  at::Tensor bias;
  if (!options.has_bias() || options.bias()) bias = DrawUniform({options.out_channels()}, fan_in);
  shape_ = {options.out_channels(), WindowOutput(shape_[1], kernel, stride, padding),
            WindowOutput(shape_[2], kernel, stride, padding)};
  return std::make_unique<Conv2dLayer>(options, std::move(weight), std::move(bias));
}

absl::StatusOr<std::unique_ptr<Layer>> LayerBuilder::BuildMaxPool2d(const v1::MaxPool2d& options) {
  RETURN_IF_ERROR(RequireImage());
  const int64_t kernel = options.kernel_size();
  const int64_t stride = options.has_stride() ? options.stride() : kernel;
  if (kernel < 1 || stride < 1) {
    return absl::InvalidArgumentError("expected kernel_size and stride of at least 1");
  }
  if (shape_[1] < kernel || shape_[2] < kernel) {
    return DoesNotFit(absl::StrCat("window ", kernel), shape_);
  }
  shape_ = {shape_[0], WindowOutput(shape_[1], kernel, stride, 0),
            WindowOutput(shape_[2], kernel, stride, 0)};
  return std::make_unique<MaxPool2dLayer>(options);
}

absl::StatusOr<std::unique_ptr<Layer>> LayerBuilder::BuildAdaptiveAvgPool2d(
    const v1::AdaptiveAvgPool2d& options) {
  RETURN_IF_ERROR(RequireImage());
  if (options.output_size() < 1) {
    return absl::InvalidArgumentError("expected output_size of at least 1");
  }
  shape_ = {shape_[0], options.output_size(), options.output_size()};
  return std::make_unique<AdaptiveAvgPool2dLayer>(options);
}

absl::StatusOr<std::unique_ptr<Layer>> LayerBuilder::BuildLinear(const v1::Linear& options) {
  if (shape_.size() != 1) {
    return DoesNotFit("a linear layer (put a flatten layer before it)", shape_);
  }
  if (options.out_features() < 1) {
    return absl::InvalidArgumentError("expected out_features of at least 1");
  }
  at::Tensor weight = DrawUniform({options.out_features(), shape_[0]}, shape_[0]);
  at::Tensor bias;
  if (!options.has_bias() || options.bias()) {
    bias = DrawUniform({options.out_features()}, shape_[0]);
  }
  shape_ = {options.out_features()};
  return std::make_unique<LinearLayer>(std::move(weight), std::move(bias));
}

absl::Status LayerBuilder::RequireImage() const {
  if (shape_.size() == 3) return absl::OkStatus();
  return DoesNotFit("a layer for [C, H, W]", shape_);
}

// PyTorch's default for the weights and biases of convolutions and linear layers:
// kaiming_uniform_ with a = sqrt(5) comes down to the same bound, 1 / sqrt(fan_in).
at::Tensor LayerBuilder::DrawUniform(at::IntArrayRef sizes, int64_t fan_in) {
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  return at::empty(sizes).uniform_(-bound, bound, generator_).to(device_);
}

}  // namespace traind
