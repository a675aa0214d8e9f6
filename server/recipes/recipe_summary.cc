#include "server/recipes/recipe_summary.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/limits.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/layer_arithmetic.h"
#include "server/recipes/model_outputs.h"
#include "server/recipes/recipe_bounds.h"
#include "server/recipes/saturating_arithmetic.h"

namespace traind {
namespace {

absl::StatusOr<FeatureMap> InputMap(const v1::Network& network) {
  RETURN_IF_ERROR(ExpectPresent("network.input", network.has_input()));
  const v1::InputShape& input = network.input();
  const int side_max = RecipeBounds().input_side_max;
  RETURN_IF_ERROR(ExpectCount("network.input.channels", input.channels(), 1, side_max));
  RETURN_IF_ERROR(ExpectCount("network.input.height", input.height(), 1, side_max));
  RETURN_IF_ERROR(ExpectCount("network.input.width", input.width(), 1, side_max));
  FeatureMap map;
  map.shape = {input.channels(), input.height(), input.width()};
  return map;
}

void SetSizes(const std::vector<int64_t>& sizes, google::protobuf::RepeatedField<int64_t>& target) {
  target.Assign(sizes.begin(), sizes.end());
}

v1::LayerSummary Summarize(const v1::Layer& layer, const FeatureMap& input,
                           const LayerResult& result) {
  v1::LayerSummary summary;
  const absl::string_view type = LayerTypeName(layer);
  summary.set_type(type.data(), type.size());
  SetSizes(input.shape, *summary.mutable_input_shape());
  SetSizes(result.output.shape, *summary.mutable_output_shape());
  summary.set_parameter_count(result.parameter_count);
  summary.set_receptive_field(result.output.receptive_field);
  *summary.mutable_layer() = layer;
  return summary;
}

absl::Status CheckParameterCount(int64_t count, absl::string_view layer) {
  const int64_t parameters_max = Limits().parameters_max;
  if (count <= parameters_max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(layer, ": the network has more than the allowed ", parameters_max,
                   " parameters up to here; make its layers smaller"));
}

v1::TensorSignature Signature(const std::string& name, v1::DataType type,
                              const std::vector<int64_t>& shape, const std::string& description) {
  v1::TensorSignature signature;
  signature.set_name(name);
  signature.set_data_type(type);
  SetSizes(shape, *signature.mutable_shape());
  signature.set_description(description);
  return signature;
}

}  // namespace

absl::StatusOr<v1::RecipeSummary> SummarizeRecipe(const v1::Recipe& recipe) {
  const v1::Network& network = recipe.network();
  ASSIGN_OR_RETURN(FeatureMap map, InputMap(network));
  const int layers_max = RecipeBounds().layers_max;
  if (network.layers_size() < 1 || network.layers_size() > layers_max) {
    return FieldError("network.layers", absl::StrCat("1 to ", layers_max, " layers"),
                      absl::StrCat(network.layers_size()));
  }
  v1::RecipeSummary summary;
  summary.set_recipe_name(recipe.name());
  SetSizes(map.shape, *summary.mutable_input_shape());
  int64_t parameters = 0;
  int64_t multiply_accumulates = 0;
  for (int i = 0; i < network.layers_size(); ++i) {
    const v1::Layer& layer = network.layers(i);
    const std::string path = absl::StrCat("network.layers[", i, "] (", LayerKindName(layer), ")");
    absl::StatusOr<LayerResult> result = ApplyLayer(layer, map);
    if (!result.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": ", result.status().message()));
    }
    parameters = SaturatingAdd(parameters, result->parameter_count);
    multiply_accumulates = SaturatingAdd(multiply_accumulates, result->multiply_accumulate_count);
    RETURN_IF_ERROR(CheckParameterCount(parameters, path));
    *summary.add_layers() = Summarize(layer, map, *result);
    map = result->output;
  }
  summary.set_parameter_count(parameters);
  summary.set_multiply_accumulate_count(multiply_accumulates);
  return summary;
}

int64_t ClassCount(const v1::RecipeSummary& summary) {
  return summary.layers(summary.layers_size() - 1).output_shape(0);
}

absl::StatusOr<v1::ModelVersion> DescribeModel(const v1::Recipe& recipe) {
  ASSIGN_OR_RETURN(const v1::RecipeSummary summary, SummarizeRecipe(recipe));
  const v1::InputShape& input = recipe.network().input();
  v1::ModelVersion version;
  *version.add_inputs() =
      Signature("x", v1::DATA_TYPE_FP32, {-1, input.channels(), input.height(), input.width()},
                "images as pixel/255; the model normalises them itself");
  AddOutputs(recipe.loss(), ClassCount(summary), version);
  version.set_parameter_count(summary.parameter_count());
  *version.mutable_recipe() = recipe;
  return version;
}

}  // namespace traind
