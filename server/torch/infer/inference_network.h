#ifndef TRAIND_SERVER_TORCH_INFER_INFERENCE_NETWORK_H_
#define TRAIND_SERVER_TORCH_INFER_INFERENCE_NETWORK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "server/recipes/layer_ways.h"
#include "server/torch/infer/fold.h"
#include "server/torch/nn/layer_function.h"
#include "server/torch/torch_headers.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Layers as the operations that run fastest on a device, for inference alone. Needs no
// Network, and its weights are its own. Thread-safe.
class InferenceNetwork {
 public:
  // With PRECISION_BF16 weights and activations are bfloat16. Throws c10::Error.
  InferenceNetwork(const InferenceLayers& layers, at::Device device, v1::Precision precision);

  // Rows in float32 on the device, [N, C, H, W] pixel/255, [N, C, L] or [N, F], to logits [N, K] in
  // float32, of c10::InferenceMode. Throws c10::Error.
  at::Tensor Forward(const at::Tensor& fractions) const;

  int64_t class_count() const { return class_count_; }

 private:
  // Does not change its input.
  using Step = LayerFunction;
  using Steps = std::vector<Step>;

  // Layers that follow each other, with the name that their tensors begin with.
  struct LayerRun {
    const InferenceLayers& layers;
    const LayerList& list;
    std::string name;
  };

  // The steps of a list; `probe` is a row as it comes to them, then as it leaves them.
  Steps StepsOf(const LayerRun& run, at::Tensor& probe) const;
  // The step of one layer, to which `probe` comes; null where another's does its work.
  Step StepOf(const LayerRun& run, int index, const at::Tensor& probe) const;
  Step ConvolutionOf(const LayerRun& run, int index, const at::Tensor& probe) const;
  Step BatchNormOf(const LayerRun& run, int index) const;
  // Another layer with weights.
  Step WeightedOf(const LayerRun& run, int index, const at::Tensor& probe) const;
  // A residual or concat.
  Step WaysOf(const LayerRun& run, int index, const at::Tensor& probe) const;
  // The pixels as the first layer wants them.
  at::Tensor Prepare(const at::Tensor& fractions) const;
  // A tensor of the layer in the precision, on the device; undefined where it has none.
  at::Tensor Weight(const LayerRun& run, int index, const char* name) const;

  at::Device device_;
  at::ScalarType type_;
  at::MemoryFormat format_;
  at::Tensor mean_;  // [1, C, ...]; undefined: no normalisation is left to do
  at::Tensor inverse_deviation_;
  Steps steps_;
  int64_t class_count_ = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_INFERENCE_NETWORK_H_
