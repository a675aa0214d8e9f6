#include "server/recipes/window_layers.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/initializer_checks.h"
#include "server/recipes/saturating_arithmetic.h"

namespace traind {
namespace {

// A window that slides over a map, as far in each direction.
struct Window {
  int64_t kernel;
  int64_t stride;
  int64_t padding;
};

absl::Status RankError(absl::string_view expected, const FeatureMap& input) {
  return absl::InvalidArgumentError(
      absl::StrCat("expected an input ", expected, ", got ", ShapeText(input.shape),
                   input.is_flattened ? "; put it before flatten" : ""));
}

// The field of a window that begins to see all of the input stays there.
int64_t Seen(const FeatureMap& input, int64_t window) {
  if (input.receptive_field == 0) return 0;
  return SaturatingAdd(input.receptive_field, SaturatingMultiply(window - 1, input.jump));
}

// The map that a window with `channels` outputs makes of `input`, which has places.
absl::StatusOr<FeatureMap> Slide(const Window& window, int64_t channels, const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectAtLeastOne("kernel_size", window.kernel));
  RETURN_IF_ERROR(ExpectAtLeastOne("stride", window.stride));
  if (window.padding < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("padding expected a whole number >= 0, got ", window.padding));
  }
  const int64_t room =
      *std::min_element(input.shape.begin() + 1, input.shape.end()) + 2 * window.padding;
  if (window.kernel > room) {
    return absl::InvalidArgumentError(
        absl::StrCat("kernel ", window.kernel, " does not fit the input ", ShapeText(input.shape),
                     " with padding ", window.padding, "; use a kernel of at most ", room));
  }
  FeatureMap output;
  output.shape = {channels};
  for (size_t axis = 1; axis < input.shape.size(); ++axis) {
    const int64_t padded = input.shape[axis] + 2 * window.padding;
    output.shape.push_back((padded - window.kernel) / window.stride + 1);
  }
  output.receptive_field = Seen(input, window.kernel);
  output.jump = SaturatingMultiply(input.jump, window.stride);
  return output;
}

absl::Status CheckGroups(int64_t groups, int64_t out_channels, int64_t in_channels) {
  RETURN_IF_ERROR(ExpectAtLeastOne("groups", groups));
  if (in_channels % groups == 0 && out_channels % groups == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("groups expected a divisor of the ", in_channels,
                                                 " channels that come in and of out_channels ",
                                                 out_channels, ", got ", groups));
}

// A Conv1d or Conv2d; `input` has as many dimensions of places as it slides over.
template <class Options>
absl::StatusOr<LayerCost> ApplyConvolution(const Options& conv, int64_t groups,
                                           const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectAtLeastOne("out_channels", conv.out_channels()));
  const Window window = {conv.kernel_size(), conv.has_stride() ? conv.stride() : 1, conv.padding()};
  LayerCost cost;
  ASSIGN_OR_RETURN(cost.output, Slide(window, conv.out_channels(), input));
  RETURN_IF_ERROR(CheckGroups(groups, conv.out_channels(), input.shape[0]));
  std::vector<int64_t> sizes(input.shape.size() + 1, window.kernel);
  sizes[0] = conv.out_channels();
  sizes[1] = input.shape[0] / groups;
  RETURN_IF_ERROR(CheckListedValues("weight", conv.weight(), sizes));
  RETURN_IF_ERROR(CheckListedValues("bias_values", conv.bias_values(), {conv.out_channels()}));
  int64_t weights = 1;
  for (const int64_t size : sizes) weights = SaturatingMultiply(weights, size);
  const bool bias = !conv.has_bias() || conv.bias();
  cost.parameter_count = SaturatingAdd(weights, bias ? conv.out_channels() : 0);
  cost.multiply_accumulate_count = SaturatingMultiply(weights, cost.output.place_count());
  return cost;
}

template <class Options>
absl::StatusOr<LayerCost> ApplyPool(const Options& pool, const FeatureMap& input) {
  const Window window = {pool.kernel_size(), pool.has_stride() ? pool.stride() : pool.kernel_size(),
                         0};
  LayerCost cost;
  ASSIGN_OR_RETURN(cost.output, Slide(window, input.shape[0], input));
  return cost;
}

}  // namespace

absl::Status ExpectAtLeastOne(absl::string_view field, int64_t value) {
  if (value >= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(field, " expected a whole number >= 1, got ", value));
}

absl::Status ExpectImage(const FeatureMap& input) {
  if (input.shape.size() == 3) return absl::OkStatus();
  return RankError("[channels, height, width]", input);
}

absl::Status ExpectSequence(const FeatureMap& input) {
  if (input.shape.size() == 2) return absl::OkStatus();
  return RankError("[channels, length]", input);
}

absl::Status ExpectPlaces(const FeatureMap& input) {
  if (input.shape.size() >= 2) return absl::OkStatus();
  return RankError("[channels, height, width] or [channels, length]", input);
}

absl::StatusOr<LayerCost> ApplyConv2d(const v1::Layer& layer, const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectImage(input));
  const v1::Conv2d& conv = layer.conv2d();
  return ApplyConvolution(conv, conv.has_groups() ? conv.groups() : 1, input);
}

absl::StatusOr<LayerCost> ApplyConv1d(const v1::Layer& layer, const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectSequence(input));
  return ApplyConvolution(layer.conv1d(), /*groups=*/1, input);
}

absl::StatusOr<LayerCost> ApplyMaxPool2d(const v1::Layer& layer, const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectImage(input));
  return ApplyPool(layer.max_pool2d(), input);
}

absl::StatusOr<LayerCost> ApplyMaxPool1d(const v1::Layer& layer, const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectSequence(input));
  return ApplyPool(layer.max_pool1d(), input);
}

absl::StatusOr<LayerCost> ApplyAvgPool2d(const v1::Layer& layer, const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectImage(input));
  return ApplyPool(layer.avg_pool2d(), input);
}

absl::StatusOr<LayerCost> ApplyAvgPool1d(const v1::Layer& layer, const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectSequence(input));
  return ApplyPool(layer.avg_pool1d(), input);
}

absl::StatusOr<LayerCost> ApplyAdaptiveAvgPool2d(const v1::Layer& layer, const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectImage(input));
  const int64_t size = layer.adaptive_avg_pool2d().output_size();
  RETURN_IF_ERROR(ExpectAtLeastOne("output_size", size));
  if (size > std::min(input.shape[1], input.shape[2])) {
    return absl::InvalidArgumentError(
        absl::StrCat("output_size ", size, " is larger than the input ", ShapeText(input.shape)));
  }
  const int64_t window = (std::max(input.shape[1], input.shape[2]) + size - 1) / size;
  LayerCost cost;
  cost.output.shape = {input.shape[0], size, size};
  cost.output.receptive_field = Seen(input, window);
  cost.output.jump = SaturatingMultiply(input.jump, window);
  return cost;
}

absl::StatusOr<LayerCost> ApplyGlobalPool(const v1::Layer&, const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectPlaces(input));
  const int64_t window = *std::max_element(input.shape.begin() + 1, input.shape.end());
  LayerCost cost;
  cost.output.shape = {input.shape[0]};
  cost.output.receptive_field = Seen(input, window);
  cost.output.jump = SaturatingMultiply(input.jump, window);
  cost.output.is_flattened = true;
  return cost;
}

}  // namespace traind
