#include "client/onnx/onnx_model.h"

#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "client/onnx/layer_nodes.h"
#include "client/onnx/onnx_graph.h"
#include "client/onnx/weights_file.h"

namespace traind {
namespace {

// Read by every onnxruntime since 1.12, of 2022.
constexpr int kOperatorSet = 17;
constexpr int kFormatVersion = 8;

constexpr char kInput[] = "x";

std::vector<int64_t> Rows(std::vector<int64_t> shape) {
  shape.insert(shape.begin(), -1);
  return shape;
}

// (x - mean) / standard_deviation, each beside its channel.
std::string AddNormalization(const v1::Normalization& normalization, size_t axes,
                             OnnxGraph& graph) {
  if (normalization.mean().empty()) return kInput;
  std::vector<int64_t> shape(axes, 1);
  shape[0] = normalization.mean_size();
  const std::vector<float> mean(normalization.mean().begin(), normalization.mean().end());
  const std::vector<float> deviation(normalization.standard_deviation().begin(),
                                     normalization.standard_deviation().end());
  const std::string shifted = graph.Add(
      "Sub", "normalization", {kInput, graph.Constant("normalization.mean", shape, mean)});
  return graph.Add("Div", "normalization",
                   {shifted, graph.Constant("normalization.standard_deviation", shape, deviation)});
}

void AddScores(const std::string& name, const std::string& op_type, const std::string& input,
               int64_t count, const std::string& description, OnnxGraph& graph) {
  graph.Add(op_type, name, {input});
  if (op_type == "Softmax") graph.Int("axis", 1);
  graph.NameOutput(name);
  graph.AddOutput(name, onnx::TensorProto::FLOAT, {-1, count}, description);
}

void AddOutputs(const v1::Loss& loss, const std::string& last, int64_t count, OnnxGraph& graph) {
  if (loss.has_cross_entropy()) {
    graph.Add("ArgMax", "classes", {last});
    graph.Int("axis", 1).Int("keepdims", 0);
    graph.NameOutput("classes");
    graph.AddOutput("classes", onnx::TensorProto::INT64, {-1},
                    "the most probable class of each row");
    AddScores("logits", "Identity", last, count, "unnormalised log-probabilities", graph);
    AddScores("probabilities", "Softmax", last, count, "softmax of the logits", graph);
  } else if (loss.has_binary_cross_entropy()) {
    AddScores("logits", "Identity", last, count, "log-odds of each output", graph);
    AddScores("probabilities", "Sigmoid", last, count, "sigmoid of the logits", graph);
  } else {
    AddScores("values", "Identity", last, count, "what the network puts out for each row", graph);
  }
}

void AddFact(const std::string& key, const std::string& value, onnx::ModelProto& model) {
  onnx::StringStringEntryProto& fact = *model.add_metadata_props();
  fact.set_key(key);
  fact.set_value(value);
}

}  // namespace

absl::StatusOr<std::string> WriteOnnxModel(const OnnxSource& source, absl::string_view weights) {
  const v1::RecipeSummary& summary = source.summary;
  const v1::Recipe& recipe = summary.recipe();
  if (summary.layers().empty()) {
    return absl::UnimplementedError(absl::StrCat(source.name, " has no layers of a recipe"));
  }
  const absl::StatusOr<WeightsFile> file = WeightsFile::Parse(weights);
  if (!file.ok()) return file.status();
  OnnxGraph graph;
  graph.AddInput(
      kInput, Rows({summary.input_shape().begin(), summary.input_shape().end()}),
      summary.input_shape_size() == 3 ? "pixel/255" : "numbers as they are in the dataset");
  const std::string rows = AddNormalization(recipe.data().normalization(),
                                            static_cast<size_t>(summary.input_shape_size()), graph);
  const absl::StatusOr<std::string> last =
      LayerNodes(*file, graph).Add(summary.layers(), "layers", rows);
  if (!last.ok()) return last.status();
  const v1::LayerSummary& output = summary.layers(summary.layers_size() - 1);
  AddOutputs(recipe.loss(), *last, output.output_shape(0), graph);

  onnx::ModelProto model;
  model.set_ir_version(kFormatVersion);
  model.add_opset_import()->set_version(kOperatorSet);
  model.set_producer_name("traind");
  model.set_producer_version(source.producer_version);
  model.set_doc_string(recipe.description());
  *model.mutable_graph() = std::move(graph.proto());
  model.mutable_graph()->set_name(recipe.name());
  AddFact("source", source.name, model);
  if (!source.class_names.empty()) {
    AddFact("class_names", nlohmann::json(source.class_names).dump(), model);
  }
  if (model.ByteSizeLong() > std::numeric_limits<int32_t>::max()) {
    return absl::FailedPreconditionError(
        absl::StrCat(source.name, ": expected at most 2 GiB in an ONNX file, got ",
                     model.ByteSizeLong(), " bytes; use --format safetensors"));
  }
  return model.SerializeAsString();
}

}  // namespace traind
