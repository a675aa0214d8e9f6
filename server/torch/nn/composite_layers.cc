#include "server/torch/nn/composite_layers.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

void AppendNamed(absl::string_view module, const std::vector<NamedTensor>& tensors,
                 std::vector<NamedTensor>& out) {
  for (const NamedTensor& named : tensors) {
    out.push_back({absl::StrCat(module, ".", named.name), named.tensor});
  }
}

}  // namespace

at::Tensor LayerSequence::Forward(const at::Tensor& input, const ForwardContext& context) const {
  at::Tensor value = input;
  if (context.observer != nullptr) {
    ForwardContext within = context;
    within.observer = nullptr;
    for (size_t i = 0; i < layers_.size(); ++i) {
      value = layers_[i]->Forward(value, within);
      context.observer->OnOutput(static_cast<int64_t>(i), value);
    }
    return value;
  }
  for (const std::unique_ptr<Layer>& layer : layers_) value = layer->Forward(value, context);
  return value;
}

std::vector<NamedTensor> LayerSequence::Parameters() const {
  std::vector<NamedTensor> parameters;
  for (size_t i = 0; i < layers_.size(); ++i) {
    AppendNamed(absl::StrCat(i), layers_[i]->Parameters(), parameters);
  }
  return parameters;
}

std::vector<NamedTensor> LayerSequence::Buffers() const {
  std::vector<NamedTensor> buffers;
  for (size_t i = 0; i < layers_.size(); ++i) {
    AppendNamed(absl::StrCat(i), layers_[i]->Buffers(), buffers);
  }
  return buffers;
}

at::Tensor ParallelLayer::Forward(const at::Tensor& input, const ForwardContext& context) const {
  std::vector<at::Tensor> outputs;
  for (const NamedWay& way : ways_) outputs.push_back(way.layers->Forward(input, context));
  if (join_ == Join::kConcatenate) return at::cat(outputs, /*dim=*/1);
  return at::add(outputs[0], outputs[1]);
}

std::vector<NamedTensor> ParallelLayer::Parameters() const {
  std::vector<NamedTensor> parameters;
  for (const NamedWay& way : ways_) AppendNamed(way.module, way.layers->Parameters(), parameters);
  return parameters;
}

std::vector<NamedTensor> ParallelLayer::Buffers() const {
  std::vector<NamedTensor> buffers;
  for (const NamedWay& way : ways_) AppendNamed(way.module, way.layers->Buffers(), buffers);
  return buffers;
}

at::Tensor FrozenLayer::Forward(const at::Tensor& input, const ForwardContext& context) const {
  ForwardContext evaluation = context;
  evaluation.training = false;
  return layer_->Forward(input, evaluation);
}

std::vector<NamedTensor> FrozenLayer::Buffers() const {
  std::vector<NamedTensor> buffers = layer_->Parameters();
  for (NamedTensor& named : layer_->Buffers()) buffers.push_back(std::move(named));
  return buffers;
}

}  // namespace traind
