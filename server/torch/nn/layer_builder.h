#ifndef TRAIND_SERVER_TORCH_NN_LAYER_BUILDER_H_
#define TRAIND_SERVER_TORCH_NN_LAYER_BUILDER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/torch/nn/layer.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// Makes the layers of a network one after another, following the shape from each
// to the next and drawing initial weights as PyTorch's modules do by default.
class LayerBuilder {
 public:
  // Initial weights are drawn on the CPU, so that they are the same for every
  // device, from `seed` as after torch.manual_seed(seed).
  LayerBuilder(const v1::InputShape& input, int64_t seed, at::Device device);

  // The next layer. INVALID_ARGUMENT says what came in when it does not fit, or
  // names the field that is out of range; the caller adds which layer it is.
  absl::StatusOr<std::unique_ptr<Layer>> Build(const v1::Layer& layer);

  // Sizes of what the last layer gives, without the batch: [C, H, W] or [features].
  const std::vector<int64_t>& shape() const { return shape_; }

 private:
  absl::StatusOr<std::unique_ptr<Layer>> BuildConv2d(const v1::Conv2d& options);
  absl::StatusOr<std::unique_ptr<Layer>> BuildMaxPool2d(const v1::MaxPool2d& options);
  absl::StatusOr<std::unique_ptr<Layer>> BuildAdaptiveAvgPool2d(
      const v1::AdaptiveAvgPool2d& options);
  absl::StatusOr<std::unique_ptr<Layer>> BuildLinear(const v1::Linear& options);
  absl::Status RequireImage() const;
  at::Tensor DrawUniform(at::IntArrayRef sizes, int64_t fan_in);

  at::Device device_;
  at::Generator generator_;
  std::vector<int64_t> shape_;
  v1::Layer::KindCase previous_ = v1::Layer::KIND_NOT_SET;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_NN_LAYER_BUILDER_H_
