#ifndef TRAIND_SERVER_TORCH_INFER_INFERENCE_NETWORK_H_
#define TRAIND_SERVER_TORCH_INFER_INFERENCE_NETWORK_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "server/torch/infer/fold.h"
#include "server/torch/torch_headers.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Layers as the operations that run fastest on a device, for inference alone. Needs no
// Network, and its weights are its own. Thread-safe.
class InferenceNetwork {
 public:
  // With PRECISION_BF16 weights and activations are bfloat16. Throws c10::Error.
  InferenceNetwork(const InferenceLayers& layers, at::Device device, v1::Precision precision);

  // [N, C, H, W] pixel/255 in float32 on the device to logits [N, K] in float32, of
  // c10::InferenceMode. Throws c10::Error.
  at::Tensor Forward(const at::Tensor& fractions) const;

  int64_t class_count() const { return class_count_; }

 private:
  // May overwrite what it is given unless that is the input.
  using Step = std::function<at::Tensor(const at::Tensor&)>;

  // Each appends the step of layer `index`; `probe` is a row as it comes to it.
  void AddStep(const InferenceLayers& layers, int index, const at::Tensor& probe);
  void AddConvolution(const InferenceLayers& layers, int index, const at::Tensor& probe);
  void AddBatchNorm(const InferenceLayers& layers, int index);
  // The pixels as the first layer wants them.
  at::Tensor Prepare(const at::Tensor& fractions) const;
  // A tensor of the layer in the precision, on the device; undefined where it has none.
  at::Tensor Weight(const InferenceLayers& layers, int index, const char* name) const;

  at::Device device_;
  at::ScalarType type_;
  at::MemoryFormat format_;
  at::Tensor mean_;  // [1, C, 1, 1]; undefined: no normalisation is left to do
  at::Tensor inverse_deviation_;
  std::vector<Step> steps_;
  int64_t class_count_ = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_INFERENCE_NETWORK_H_
