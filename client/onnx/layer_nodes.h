#ifndef TRAIND_CLIENT_ONNX_LAYER_NODES_H_
#define TRAIND_CLIENT_ONNX_LAYER_NODES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/onnx/onnx_graph.h"
#include "client/onnx/weights_file.h"
#include "traind/v1/recipe_service.pb.h"

namespace traind {

// Layers as a model evaluates them, as nodes of ONNX's operator set 17: dropout is left out,
// batch norms work by their running statistics. Not thread-safe.
class LayerNodes {
 public:
  // Both must outlive it.
  LayerNodes(const WeightsFile& weights, OnnxGraph& graph) : weights_(weights), graph_(graph) {}

  using Layers = google::protobuf::RepeatedPtrField<v1::LayerSummary>;

  // Adds layers after each other; `module` is the name of their PyTorch module, such as
  // `layers`, so that their weights are `layers.0.weight`…. Takes the name of what goes in,
  // gives that of what comes out. UNIMPLEMENTED names a layer of a kind that it does not know;
  // DATA_LOSS a tensor that the weights lack.
  absl::StatusOr<std::string> Add(const Layers& layers, const std::string& module,
                                  std::string input);

 private:
  // One layer under its place, such as `layers.3`, and what goes in.
  struct Site {
    const v1::LayerSummary& summary;
    std::string place;
    std::string input;
    std::vector<int64_t> input_shape;  // without the rows
  };

  // Each gives the name of its output; what goes wrong is noted.
  std::string AddSequence(const Layers& layers, const std::string& module, std::string input);
  std::string AddLayer(const Site& site);
  std::string AddFunction(const Site& site);
  std::string AddConvolution(const Site& site, int64_t out_channels, int64_t kernel, int64_t stride,
                             int64_t padding, int64_t groups, bool bias);
  std::string AddBatchNorm(const Site& site, double epsilon);
  std::string AddLayerNorm(const Site& site);
  std::string AddGroupNorm(const Site& site);
  std::string AddLinear(const Site& site);
  std::string AddAdaptivePool(const Site& site);
  std::string AddGelu(const Site& site);
  std::string AddWindow(const Site& site, const std::string& op_type, int64_t kernel,
                        int64_t stride);
  std::string AddReduction(const Site& site, const std::string& op_type);
  // The ways of a residual or concat, each to its output.
  std::vector<std::string> AddWays(const Site& site);

  // Copies a tensor of the layer's weights into the graph; `shape_in_graph` for one that has
  // the same values in another shape.
  std::string Weight(const Site& site, const std::string& name, const std::vector<int64_t>& shape);
  std::string Weight(const Site& site, const std::string& name, const std::vector<int64_t>& shape,
                     const std::vector<int64_t>& shape_in_graph);

  // Notes the first thing that goes wrong.
  void Fail(absl::Status error);

  const WeightsFile& weights_;
  OnnxGraph& graph_;
  absl::Status error_;
};

}  // namespace traind

#endif  // TRAIND_CLIENT_ONNX_LAYER_NODES_H_
