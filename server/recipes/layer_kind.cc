#include "server/recipes/layer_kind.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/initializer_checks.h"
#include "server/recipes/saturating_arithmetic.h"
#include "server/recipes/window_layers.h"

namespace traind {
namespace {

using Kind = v1::Layer;

template <class Options>
absl::Status CheckEpsilon(const std::string& path, const Options& options) {
  if (!options.has_epsilon()) return absl::OkStatus();
  return ExpectNumber(path + ".epsilon", options.epsilon(), options.epsilon() > 0,
                      "a finite number > 0");
}

template <class Options>
absl::Status CheckBatchNorm(const std::string& path, const Options& options) {
  RETURN_IF_ERROR(CheckEpsilon(path, options));
  if (!options.has_momentum()) return absl::OkStatus();
  const double momentum = options.momentum();
  return ExpectNumber(path + ".momentum", momentum, momentum > 0 && momentum <= 1,
                      "a number in (0, 1]");
}

absl::Status CheckDropout(const std::string& path, const v1::Layer& layer) {
  const double p = layer.dropout().probability();
  return ExpectNumber(path + ".probability", p, p >= 0 && p < 1, "a number in [0, 1)");
}

absl::Status CheckLeakyRelu(const std::string& path, const v1::Layer& layer) {
  const double slope = layer.leaky_relu().negative_slope();
  return ExpectNumber(path + ".negative_slope", slope, slope >= 0, "a finite number >= 0");
}

absl::Status CheckElu(const std::string& path, const v1::Layer& layer) {
  if (!layer.elu().has_alpha()) return absl::OkStatus();
  const double alpha = layer.elu().alpha();
  return ExpectNumber(path + ".alpha", alpha, alpha > 0, "a finite number > 0");
}

absl::Status CheckResidual(const std::string& path, const v1::Layer& layer) {
  if (layer.residual().layers_size() > 0) return absl::OkStatus();
  return FieldError(path + ".layers", "at least one layer", "none");
}

absl::Status CheckConcat(const std::string& path, const v1::Layer& layer) {
  const int count = layer.concat().branches_size();
  if (count >= 2) return absl::OkStatus();
  return FieldError(path + ".branches", "at least two", absl::StrCat(count));
}

// A function of each value.
absl::StatusOr<LayerCost> ApplyToEach(const v1::Layer&, const FeatureMap& input) {
  return LayerCost{input, 0, 0};
}

absl::StatusOr<LayerCost> ApplyBatchNorm2d(const v1::Layer&, const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectImage(input));
  return LayerCost{input, 2 * input.shape[0], 0};
}

absl::StatusOr<LayerCost> ApplyBatchNorm1d(const v1::Layer&, const FeatureMap& input) {
  if (input.shape.size() > 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected an input [channels, length] or [features], got ",
                     ShapeText(input.shape), "; use batch_norm2d"));
  }
  return LayerCost{input, 2 * input.shape[0], 0};
}

// What a row's own statistics have been taken out of sees all of it.
FeatureMap SeenWhole(FeatureMap map) {
  if (map.place_count() > 1) map.receptive_field = 0;
  return map;
}

absl::StatusOr<LayerCost> ApplyLayerNorm(const v1::Layer&, const FeatureMap& input) {
  return LayerCost{SeenWhole(input), SaturatingMultiply(2, input.value_count()), 0};
}

absl::StatusOr<LayerCost> ApplyGroupNorm(const v1::Layer& layer, const FeatureMap& input) {
  const int64_t groups = layer.group_norm().group_count();
  RETURN_IF_ERROR(ExpectAtLeastOne("group_count", groups));
  if (input.shape[0] % groups != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("group_count expected a divisor of the channels of the input ",
                     ShapeText(input.shape), ", got ", groups));
  }
  return LayerCost{SeenWhole(input), 2 * input.shape[0], 0};
}

absl::StatusOr<LayerCost> ApplyFlatten(const v1::Layer&, const FeatureMap& input) {
  RETURN_IF_ERROR(ExpectPlaces(input));
  LayerCost cost = {input, 0, 0};
  cost.output.shape = {input.value_count()};
  cost.output.flattened_places = input.place_count();
  cost.output.is_flattened = true;
  return cost;
}

absl::StatusOr<LayerCost> ApplyLinear(const v1::Layer& layer, const FeatureMap& input) {
  const v1::Linear& linear = layer.linear();
  if (input.shape.size() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("expected a flat input [features], got ",
                                                   ShapeText(input.shape),
                                                   "; put a flatten layer before it"));
  }
  RETURN_IF_ERROR(ExpectAtLeastOne("out_features", linear.out_features()));
  RETURN_IF_ERROR(
      CheckListedValues("weight", linear.weight(), {linear.out_features(), input.shape[0]}));
  RETURN_IF_ERROR(CheckListedValues("bias_values", linear.bias_values(), {linear.out_features()}));
  LayerCost cost;
  cost.output.shape = {linear.out_features()};
  cost.output.receptive_field = input.flattened_places == 1 ? input.receptive_field : 0;
  cost.output.jump = input.jump;
  cost.output.is_flattened = input.is_flattened;
  const int64_t weights = SaturatingMultiply(input.shape[0], linear.out_features());
  const bool bias = !linear.has_bias() || linear.bias();
  cost.parameter_count = SaturatingAdd(weights, bias ? linear.out_features() : 0);
  cost.multiply_accumulate_count = weights;
  return cost;
}

// The checks of those that hold their options to templates above.
template <auto Options>
absl::Status WithInitializers(const std::string& path, const v1::Layer& layer) {
  return CheckInitializers(path, (layer.*Options)());
}
template <auto Options>
absl::Status WithEpsilon(const std::string& path, const v1::Layer& layer) {
  return CheckEpsilon(path, (layer.*Options)());
}
template <auto Options>
absl::Status WithBatchNorm(const std::string& path, const v1::Layer& layer) {
  return CheckBatchNorm(path, (layer.*Options)());
}

constexpr LayerKind kKinds[] = {
    {Kind::kConv2D, "Conv2d", WithInitializers<&Kind::conv2d>, ApplyConv2d},
    {Kind::kRelu, "ReLU", nullptr, ApplyToEach},
    {Kind::kBatchNorm2D, "BatchNorm2d", WithBatchNorm<&Kind::batch_norm2d>, ApplyBatchNorm2d},
    {Kind::kMaxPool2D, "MaxPool2d", nullptr, ApplyMaxPool2d},
    {Kind::kDropout, "Dropout", CheckDropout, ApplyToEach},
    {Kind::kAdaptiveAvgPool2D, "AdaptiveAvgPool2d", nullptr, ApplyAdaptiveAvgPool2d},
    {Kind::kFlatten, "Flatten", nullptr, ApplyFlatten},
    {Kind::kLinear, "Linear", WithInitializers<&Kind::linear>, ApplyLinear},
    {Kind::kConv1D, "Conv1d", WithInitializers<&Kind::conv1d>, ApplyConv1d},
    {Kind::kBatchNorm1D, "BatchNorm1d", WithBatchNorm<&Kind::batch_norm1d>, ApplyBatchNorm1d},
    {Kind::kLayerNorm, "LayerNorm", WithEpsilon<&Kind::layer_norm>, ApplyLayerNorm},
    {Kind::kGroupNorm, "GroupNorm", WithEpsilon<&Kind::group_norm>, ApplyGroupNorm},
    {Kind::kSigmoid, "Sigmoid", nullptr, ApplyToEach},
    {Kind::kTanh, "Tanh", nullptr, ApplyToEach},
    {Kind::kGelu, "GELU", nullptr, ApplyToEach},
    {Kind::kSilu, "SiLU", nullptr, ApplyToEach},
    {Kind::kLeakyRelu, "LeakyReLU", CheckLeakyRelu, ApplyToEach},
    {Kind::kElu, "ELU", CheckElu, ApplyToEach},
    {Kind::kSoftplus, "Softplus", nullptr, ApplyToEach},
    {Kind::kAvgPool2D, "AvgPool2d", nullptr, ApplyAvgPool2d},
    {Kind::kMaxPool1D, "MaxPool1d", nullptr, ApplyMaxPool1d},
    {Kind::kAvgPool1D, "AvgPool1d", nullptr, ApplyAvgPool1d},
    {Kind::kGlobalAvgPool, "GlobalAvgPool", nullptr, ApplyGlobalPool},
    {Kind::kGlobalMaxPool, "GlobalMaxPool", nullptr, ApplyGlobalPool},
    {Kind::kResidual, "Residual", CheckResidual, nullptr},
    {Kind::kConcat, "Concat", CheckConcat, nullptr},
};

const google::protobuf::OneofDescriptor& Kinds() {
  return *v1::Layer::descriptor()->FindOneofByName("kind");
}

}  // namespace

const LayerKind* FindLayerKind(v1::Layer::KindCase kind) {
  const auto* found = std::find_if(std::begin(kKinds), std::end(kKinds),
                                   [&](const LayerKind& row) { return row.kind == kind; });
  return found == std::end(kKinds) ? nullptr : found;
}

std::string LayerKindName(const v1::Layer& layer) {
  const google::protobuf::FieldDescriptor* field =
      layer.GetReflection()->GetOneofFieldDescriptor(layer, &Kinds());
  return field == nullptr ? "none" : field->name();
}

std::string LayerKindNames() {
  std::vector<std::string> names;
  names.reserve(static_cast<size_t>(Kinds().field_count()));
  for (int i = 0; i < Kinds().field_count(); ++i) names.push_back(Kinds().field(i)->name());
  return absl::StrJoin(names, ", ");
}

bool IsBatchNorm(const v1::Layer& layer) {
  return layer.has_batch_norm2d() || layer.has_batch_norm1d();
}

}  // namespace traind
