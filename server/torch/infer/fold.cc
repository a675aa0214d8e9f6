#include "server/torch/infer/fold.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

std::string TensorName(int layer, const char* tensor) {
  return absl::StrCat("layers.", layer, ".", tensor);
}

at::Tensor Doubles(const google::protobuf::RepeatedField<double>& values) {
  return at::tensor(std::vector<double>(values.begin(), values.end()), at::kDouble);
}

// x * scale + shift, for each channel: float64 [C].
struct ChannelAffine {
  at::Tensor scale;
  at::Tensor shift;

  bool MayPassMaxPooling() const { return scale.ge(0).all().item<bool>(); }
  // One for each of the features that the channels were flattened to.
  ChannelAffine Spread(int64_t features) const {
    const int64_t places = features / scale.size(0);
    return {scale.repeat_interleave(places), shift.repeat_interleave(places)};
  }
  // This one, then `next`.
  ChannelAffine Then(const ChannelAffine& next) const {
    return {scale * next.scale, shift * next.scale + next.shift};
  }
};

// Goes through the layers from the first to the last. What is pending belongs between
// the layers that are written already and those that come.
class Folder {
 public:
  explicit Folder(const InferenceLayers& trained) : trained_(trained) {
    *folded_.description.mutable_input() = trained.description.input();
    const v1::Normalization& normalization = trained.normalization;
    if (normalization.mean().empty()) return;
    const at::Tensor scale = 1 / Doubles(normalization.standard_deviation());
    pending_ = {scale, -Doubles(normalization.mean()) * scale};
    pending_is_normalization_ = true;
  }

  InferenceLayers Fold() && {
    for (int i = 0; i < trained_.description.layers_size(); ++i) Take(i);
    Settle();
    return std::move(folded_);
  }

 private:
  void Take(int index) {
    const v1::Layer& layer = trained_.description.layers(index);
    switch (layer.kind_case()) {
      case v1::Layer::kConv2D:
        if (layer.conv2d().padding() != 0) Settle();
        return WriteWeighted(index);
      case v1::Layer::kLinear:
        return WriteWeighted(index);
      case v1::Layer::kBatchNorm2D:
        return TakeBatchNorm(index);
      case v1::Layer::kMaxPool2D:
        if (pending_.has_value() && !pending_->MayPassMaxPooling()) Settle();
        break;
      case v1::Layer::kFlatten:
        if (!LinearComesAfter(index)) Settle();
        break;
      case v1::Layer::kRelu:
        Settle();
        break;
      default:
        break;
    }
    *folded_.description.add_layers() = layer;
  }

  void TakeBatchNorm(int index) {
    const double epsilon = trained_.description.layers(index).batch_norm2d().has_epsilon()
                               ? trained_.description.layers(index).batch_norm2d().epsilon()
                               : 1e-5;
    const at::Tensor scale =
        Given(index, "weight") / (Given(index, "running_var") + epsilon).sqrt();
    const ChannelAffine affine = {scale,
                                  Given(index, "bias") - Given(index, "running_mean") * scale};
    const int last = folded_.description.layers_size() - 1;
    if (pending_.has_value()) {
      pending_ = pending_->Then(affine);
      pending_is_normalization_ = false;
    } else if (last >= 0 && folded_.description.layers(last).has_conv2d()) {
      FoldIntoConvolutionBefore(last, affine);
    } else {
      pending_ = affine;
    }
  }

  void FoldIntoConvolutionBefore(int written, const ChannelAffine& affine) {
    at::Tensor& weight = folded_.tensors[TensorName(written, "weight")];
    at::Tensor& bias = folded_.tensors[TensorName(written, "bias")];
    weight = weight * affine.scale.view({-1, 1, 1, 1});
    bias = bias.defined() ? bias * affine.scale + affine.shift : affine.shift;
    folded_.description.mutable_layers(written)->mutable_conv2d()->set_bias(true);
  }

  // A convolution or a linear layer, with what is pending as a part of it.
  void WriteWeighted(int index) {
    at::Tensor weight = Given(index, "weight");
    at::Tensor bias = Given(index, "bias");
    v1::Layer layer = trained_.description.layers(index);
    if (pending_.has_value()) {
      const ChannelAffine affine = pending_->Spread(weight.size(1));
      pending_.reset();
      pending_is_normalization_ = false;
      std::vector<int64_t> per_input(static_cast<size_t>(weight.dim()), 1);
      per_input[1] = -1;
      const at::Tensor shift = (weight * affine.shift.view(per_input)).flatten(1).sum(1);
      bias = bias.defined() ? bias + shift : shift;
      weight = weight * affine.scale.view(per_input);
      if (layer.has_conv2d()) layer.mutable_conv2d()->set_bias(true);
      if (layer.has_linear()) layer.mutable_linear()->set_bias(true);
    }
    const int written = folded_.description.layers_size();
    folded_.tensors[TensorName(written, "weight")] = weight;
    if (bias.defined()) folded_.tensors[TensorName(written, "bias")] = bias;
    *folded_.description.add_layers() = std::move(layer);
  }

  // What is pending can wait no longer: it becomes an operation of its own.
  void Settle() {
    if (!pending_.has_value()) return;
    const ChannelAffine affine = *std::exchange(pending_, std::nullopt);
    if (pending_is_normalization_) {
      folded_.normalization = trained_.normalization;
      pending_is_normalization_ = false;
      return;
    }
    const int written = folded_.description.layers_size();
    folded_.description.add_layers()->mutable_batch_norm2d()->set_epsilon(0);
    folded_.tensors[TensorName(written, "weight")] = affine.scale;
    folded_.tensors[TensorName(written, "bias")] = affine.shift;
    folded_.tensors[TensorName(written, "running_mean")] = at::zeros_like(affine.shift);
    folded_.tensors[TensorName(written, "running_var")] = at::ones_like(affine.shift);
    ++folded_.batch_norm_count;
  }

  // Whether a linear layer is the next to look at the values that layer `index` flattens.
  bool LinearComesAfter(int index) const {
    for (int i = index + 1; i < trained_.description.layers_size(); ++i) {
      const v1::Layer& layer = trained_.description.layers(i);
      if (!layer.has_flatten()) return layer.has_linear();
    }
    return false;
  }

  // A tensor of the trained network; undefined where it has none of that name.
  at::Tensor Given(int layer, const char* tensor) const {
    const auto found = trained_.tensors.find(TensorName(layer, tensor));
    return found == trained_.tensors.end() ? at::Tensor() : found->second;
  }

  const InferenceLayers& trained_;
  InferenceLayers folded_;
  std::optional<ChannelAffine> pending_;
  bool pending_is_normalization_ = false;
};

}  // namespace

InferenceLayers LayersAsTrained(const v1::Network& description,
                                const v1::Normalization& normalization,
                                const std::map<std::string, at::Tensor>& tensors) {
  InferenceLayers layers;
  *layers.description.mutable_input() = description.input();
  layers.normalization = normalization;
  for (int i = 0; i < description.layers_size(); ++i) {
    if (description.layers(i).has_dropout()) continue;
    const int written = layers.description.layers_size();
    *layers.description.add_layers() = description.layers(i);
    if (description.layers(i).has_batch_norm2d()) ++layers.batch_norm_count;
    for (const char* name : {"weight", "bias", "running_mean", "running_var"}) {
      const auto found = tensors.find(TensorName(i, name));
      if (found == tensors.end()) continue;
      layers.tensors[TensorName(written, name)] = found->second.detach().cpu().to(at::kDouble);
    }
  }
  return layers;
}

InferenceLayers FoldLayers(const InferenceLayers& trained) { return Folder(trained).Fold(); }

}  // namespace traind
