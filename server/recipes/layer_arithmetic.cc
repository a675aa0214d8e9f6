#include "server/recipes/layer_arithmetic.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/recipes/recipe_bounds.h"
#include "server/recipes/saturating_arithmetic.h"

namespace traind {
namespace {

// A window that slides over a map.
struct Window {
  int64_t kernel;
  int64_t stride;
  int64_t padding;
};

absl::Status ExpectPositive(absl::string_view field, int64_t value) {
  if (value >= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, " expected a whole number >= 1, got ", value));
}

absl::Status ExpectMap(const FeatureMap& input) {
  if (input.shape.size() == 3) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("expected an input [channels, height, width], got ", ShapeText(input.shape),
                   "; put it before flatten"));
}

int64_t ValueCount(const FeatureMap& map) {
  int64_t count = 1;
  for (int64_t side : map.shape) count = SaturatingMultiply(count, side);
  return count;
}

// The map that a window with `channels` outputs makes of `input`.
absl::StatusOr<FeatureMap> Slide(const Window& window, int64_t channels, const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectMap(input));
  RETURN_IF_ERROR(ExpectPositive("kernel_size", window.kernel));
  RETURN_IF_ERROR(ExpectPositive("stride", window.stride));
  if (window.padding < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("padding expected a whole number >= 0, got ", window.padding));
  }
  const int64_t room = std::min(input.shape[1], input.shape[2]) + 2 * window.padding;
  if (window.kernel > room) {
    return absl::InvalidArgumentError(
        absl::StrCat("kernel ", window.kernel, " does not fit the input ", ShapeText(input.shape),
                     " with padding ", window.padding, "; use a kernel of at most ", room));
  }
  FeatureMap output;
  output.shape = {channels};
  for (int axis : {1, 2}) {
    const int64_t padded = input.shape[axis] + 2 * window.padding;
    output.shape.push_back((padded - window.kernel) / window.stride + 1);
  }
  output.receptive_field =
      SaturatingAdd(input.receptive_field, SaturatingMultiply(window.kernel - 1, input.jump));
  output.jump = SaturatingMultiply(input.jump, window.stride);
  return output;
}

absl::StatusOr<LayerResult> ApplyConv2d(const v1::Conv2d& conv, const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectPositive("out_channels", conv.out_channels()));
  const Window window = {conv.kernel_size(), conv.has_stride() ? conv.stride() : 1, conv.padding()};
  LayerResult result;
  ASSIGN_OR_RETURN(result.output, Slide(window, conv.out_channels(), input));
  const int64_t weights =
      SaturatingMultiply(SaturatingMultiply(conv.out_channels(), input.shape[0]),
                         SaturatingMultiply(window.kernel, window.kernel));
  const bool bias = !conv.has_bias() || conv.bias();
  result.parameter_count = SaturatingAdd(weights, bias ? conv.out_channels() : 0);
  result.multiply_accumulate_count = SaturatingMultiply(
      weights, SaturatingMultiply(result.output.shape[1], result.output.shape[2]));
  return result;
}

absl::StatusOr<LayerResult> ApplyMaxPool2d(const v1::MaxPool2d& pool, const FeatureMap& input) {
  const Window window = {pool.kernel_size(), pool.has_stride() ? pool.stride() : pool.kernel_size(),
                         0};
  RETURN_IF_ERROR(ExpectMap(input));
  LayerResult result;
  ASSIGN_OR_RETURN(result.output, Slide(window, input.shape[0], input));
  return result;
}

absl::StatusOr<LayerResult> ApplyAdaptiveAvgPool2d(const v1::AdaptiveAvgPool2d& pool,
                                                   const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectMap(input));
  RETURN_IF_ERROR(ExpectPositive("output_size", pool.output_size()));
  const int64_t size = pool.output_size();
  if (size > std::min(input.shape[1], input.shape[2])) {
    return absl::InvalidArgumentError(
        absl::StrCat("output_size ", size, " is larger than the input ", ShapeText(input.shape)));
  }
  const int64_t window = (std::max(input.shape[1], input.shape[2]) + size - 1) / size;
  LayerResult result;
  result.output.shape = {input.shape[0], size, size};
  result.output.receptive_field =
      SaturatingAdd(input.receptive_field, SaturatingMultiply(window - 1, input.jump));
  result.output.jump = SaturatingMultiply(input.jump, window);
  return result;
}

absl::StatusOr<LayerResult> ApplyBatchNorm2d(const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectMap(input));
  return LayerResult{input, 2 * input.shape[0], 0};
}

absl::StatusOr<LayerResult> ApplyFlatten(const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectMap(input));
  LayerResult result = {input, 0, 0};
  result.output.shape = {ValueCount(input)};
  result.output.flattened_places = input.shape[1] * input.shape[2];
  return result;
}

absl::StatusOr<LayerResult> ApplyLinear(const v1::Linear& linear, const FeatureMap& input) {
  if (input.shape.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("expected a flat input [features], got ",
                                                   ShapeText(input.shape),
                                                   "; put a flatten layer before it"));
  }
  RETURN_IF_ERROR(ExpectPositive("out_features", linear.out_features()));
  LayerResult result;
  result.output.shape = {linear.out_features()};
  result.output.receptive_field = input.flattened_places == 1 ? input.receptive_field : 0;
  result.output.jump = input.jump;
  const int64_t weights = SaturatingMultiply(input.shape[0], linear.out_features());
  const bool bias = !linear.has_bias() || linear.bias();
  result.parameter_count = SaturatingAdd(weights, bias ? linear.out_features() : 0);
  result.multiply_accumulate_count = weights;
  return result;
}

absl::StatusOr<LayerResult> ApplyKind(const v1::Layer& layer, const FeatureMap& input) {
  switch (layer.kind_case()) {
    case v1::Layer::kConv2D:
      return ApplyConv2d(layer.conv2d(), input);
    case v1::Layer::kBatchNorm2D:
      return ApplyBatchNorm2d(input);
    case v1::Layer::kMaxPool2D:
      return ApplyMaxPool2d(layer.max_pool2d(), input);
    case v1::Layer::kAdaptiveAvgPool2D:
      return ApplyAdaptiveAvgPool2d(layer.adaptive_avg_pool2d(), input);
    case v1::Layer::kFlatten:
      return ApplyFlatten(input);
    case v1::Layer::kLinear:
      return ApplyLinear(layer.linear(), input);
    case v1::Layer::kRelu:
    case v1::Layer::kDropout:
      return LayerResult{input, 0, 0};
    case v1::Layer::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "expected one of conv2d, relu, batch_norm2d, max_pool2d, dropout, adaptive_avg_pool2d, "
      "flatten, linear, got none");
}

}  // namespace

absl::StatusOr<LayerResult> ApplyLayer(const v1::Layer& layer, const FeatureMap& input) {
  ASSIGN_OR_RETURN(LayerResult result, ApplyKind(layer, input));
  const int64_t values_max = RecipeBounds().layer_values_max;
  if (ValueCount(result.output) > values_max) {
    return absl::InvalidArgumentError(absl::StrCat("output ", ShapeText(result.output.shape),
                                                   " of one row is too large; at most ", values_max,
                                                   " values"));
  }
  return result;
}

std::string LayerKindName(const v1::Layer& layer) {
  const google::protobuf::FieldDescriptor* field = layer.GetReflection()->GetOneofFieldDescriptor(
      layer, v1::Layer::descriptor()->FindOneofByName("kind"));
  return field == nullptr ? "none" : field->name();
}

absl::string_view LayerTypeName(const v1::Layer& layer) {
  switch (layer.kind_case()) {
    case v1::Layer::kConv2D:
      return "Conv2d";
    case v1::Layer::kRelu:
      return "ReLU";
    case v1::Layer::kBatchNorm2D:
      return "BatchNorm2d";
    case v1::Layer::kMaxPool2D:
      return "MaxPool2d";
    case v1::Layer::kDropout:
      return "Dropout";
    case v1::Layer::kAdaptiveAvgPool2D:
      return "AdaptiveAvgPool2d";
    case v1::Layer::kFlatten:
      return "Flatten";
    case v1::Layer::kLinear:
      return "Linear";
    case v1::Layer::KIND_NOT_SET:
      break;
  }
  return "";
}

std::string ShapeText(absl::Span<const int64_t> shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

}  // namespace traind
