#include "server/recipes/recipe_summary.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/limits.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/layer_arithmetic.h"
#include "server/recipes/model_outputs.h"
#include "server/recipes/recipe_bounds.h"
#include "server/recipes/row_shape.h"
#include "server/recipes/saturating_arithmetic.h"

namespace traind {
namespace {

void SetSizes(const std::vector<int64_t>& sizes, google::protobuf::RepeatedField<int64_t>& target) {
  target.Assign(sizes.begin(), sizes.end());
}

v1::LayerSummary Summarize(const v1::Layer& layer, const FeatureMap& input,
                           const LayerResult& result);

// Layers that follow each other, `input` coming into the first.
void SummarizeLayers(const LayerList& layers, const FeatureMap& input,
                     const std::vector<LayerResult>& results,
                     google::protobuf::RepeatedPtrField<v1::LayerSummary>& summaries) {
  for (int i = 0; i < layers.size(); ++i) {
    *summaries.Add() = Summarize(layers[i], i == 0 ? input : results[i - 1].output, results[i]);
  }
}

v1::LayerSummary Summarize(const v1::Layer& layer, const FeatureMap& input,
                           const LayerResult& result) {
  v1::LayerSummary summary;
  const LayerKind* kind = FindLayerKind(layer.kind_case());
  if (kind != nullptr) summary.set_type(kind->type.data(), kind->type.size());
  SetSizes(input.shape, *summary.mutable_input_shape());
  SetSizes(result.output.shape, *summary.mutable_output_shape());
  summary.set_parameter_count(result.parameter_count);
  summary.set_frozen_parameter_count(result.frozen_parameter_count);
  summary.set_receptive_field(result.output.receptive_field);
  *summary.mutable_layer() = layer;
  const std::vector<LayerWay> ways = WaysThrough(layer);
  for (size_t i = 0; i < ways.size(); ++i) {
    v1::LayerWaySummary& way = *summary.add_ways();
    way.set_field(ways[i].field);
    SummarizeLayers(*ways[i].layers, input, result.ways[i], *way.mutable_layers());
  }
  return summary;
}

absl::Status CheckLayerNumbers(const LayerList& layers) {
  const RecipeBounds bounds;
  const int depth = LayerDepth(layers);
  if (depth > bounds.layer_depth_max) {
    return FieldError(
        "network.layers",
        absl::StrCat("layers within layers at most ", bounds.layer_depth_max, " deep"),
        absl::StrCat(depth));
  }
  const int count = LayerCount(layers);
  if (count >= 1 && count <= bounds.layers_max) return absl::OkStatus();
  return FieldError("network.layers", absl::StrCat("1 to ", bounds.layers_max, " layers"),
                    absl::StrCat(count));
}

absl::Status CheckParameterCount(int64_t count, absl::string_view layer) {
  const int64_t parameters_max = Limits().parameters_max;
  if (count <= parameters_max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(layer, ": the network has more than the allowed ", parameters_max,
                   " parameters up to here; make its layers smaller"));
}

// A module is seen from outside only.
v1::RecipeSummary SummarizeModule(const v1::ModuleReference& module, const FeatureMap& input) {
  v1::RecipeSummary summary;
  v1::LayerSummary& layer = *summary.add_layers();
  layer.set_type("Module");
  SetSizes(input.shape, *layer.mutable_input_shape());
  layer.add_output_shape(module.out_features());
  layer.set_parameter_count(module.parameter_count());
  summary.set_parameter_count(module.parameter_count());
  return summary;
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
  ASSIGN_OR_RETURN(const FeatureMap input, InputMap(network));
  if (network.has_module()) {
    v1::RecipeSummary summary = SummarizeModule(network.module(), input);
    summary.set_recipe_name(recipe.name());
    SetSizes(input.shape, *summary.mutable_input_shape());
    return summary;
  }
  RETURN_IF_ERROR(CheckLayerNumbers(network.layers()));
  ASSIGN_OR_RETURN(const std::vector<LayerResult> results,
                   ApplyLayers("network.layers", network.layers(), input));
  v1::RecipeSummary summary;
  summary.set_recipe_name(recipe.name());
  SetSizes(input.shape, *summary.mutable_input_shape());
  int64_t parameters = 0;
  int64_t frozen = 0;
  int64_t multiply_accumulates = 0;
  for (int i = 0; i < network.layers_size(); ++i) {
    parameters = SaturatingAdd(parameters, results[i].parameter_count);
    frozen = SaturatingAdd(frozen, results[i].frozen_parameter_count);
    multiply_accumulates =
        SaturatingAdd(multiply_accumulates, results[i].multiply_accumulate_count);
    RETURN_IF_ERROR(
        CheckParameterCount(parameters, LayerPlace("network.layers", i, network.layers(i))));
  }
  SummarizeLayers(network.layers(), input, results, *summary.mutable_layers());
  summary.set_parameter_count(parameters);
  summary.set_frozen_parameter_count(frozen);
  summary.set_multiply_accumulate_count(multiply_accumulates);
  return summary;
}

int64_t ClassCount(const v1::RecipeSummary& summary) {
  return summary.layers(summary.layers_size() - 1).output_shape(0);
}

absl::StatusOr<v1::ModelVersion> DescribeModel(const v1::Recipe& recipe) {
  ASSIGN_OR_RETURN(const v1::RecipeSummary summary, SummarizeRecipe(recipe));
  const std::vector<int64_t> row = RowShape(recipe.network().input());
  std::vector<int64_t> shape = {-1};
  shape.insert(shape.end(), row.begin(), row.end());
  v1::ModelVersion version;
  *version.add_inputs() =
      Signature("x", v1::DATA_TYPE_FP32, shape,
                row.size() == 3 ? "images as pixel/255; the model normalises them itself"
                                : "rows as the dataset has them; the model normalises them itself");
  AddOutputs(recipe.loss(), ClassCount(summary), version);
  version.set_parameter_count(summary.parameter_count());
  *version.mutable_recipe() = recipe;
  return version;
}

}  // namespace traind
