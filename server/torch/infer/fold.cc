#include "server/torch/infer/fold.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/recipes/layer_kind.h"
#include "server/recipes/layer_ways.h"
#include "server/recipes/row_shape.h"

namespace traind {
namespace {

// The tensors of the layers of one list begin with the list's name: `layers`, or
// `layers.3.shortcut` of one within layer 3.
std::string TensorName(const std::string& list, int layer, const char* tensor) {
  return absl::StrCat(list, ".", layer, ".", tensor);
}

std::string ListName(const std::string& list, int layer, const LayerWay& way) {
  return absl::StrCat(list, ".", layer, ".", way.module);
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

double EpsilonOf(const v1::Layer& layer) {
  constexpr double kDefault = 1e-5;
  if (layer.has_batch_norm1d()) {
    return layer.batch_norm1d().has_epsilon() ? layer.batch_norm1d().epsilon() : kDefault;
  }
  return layer.batch_norm2d().has_epsilon() ? layer.batch_norm2d().epsilon() : kDefault;
}

bool IsWeighted(const v1::Layer& layer) {
  return layer.has_conv2d() || layer.has_conv1d() || layer.has_linear();
}

// Of a layer with weights.
void GiveBias(v1::Layer& layer) {
  if (layer.has_conv2d()) return layer.mutable_conv2d()->set_bias(true);
  if (layer.has_conv1d()) return layer.mutable_conv1d()->set_bias(true);
  layer.mutable_linear()->set_bias(true);
}

// Whether each of its weights belongs to one input channel, and each input to all of them
// everywhere: no zeros that a shift would have to spare, no groups.
bool TakesShifts(const v1::Layer& layer) {
  if (layer.has_conv2d()) return layer.conv2d().padding() == 0 && layer.conv2d().groups() <= 1;
  return layer.conv1d().padding() == 0;
}

// Sizes with which a tensor of one value for each of a weight's `dimension` goes together.
std::vector<int64_t> Along(int64_t dimension, const at::Tensor& weight) {
  std::vector<int64_t> sizes(static_cast<size_t>(weight.dim()), 1);
  sizes[static_cast<size_t>(dimension)] = -1;
  return sizes;
}

// Goes through a list of layers from the first to the last. What is pending belongs between
// the layers that are written already and those that come.
class Folder {
 public:
  // Reads `layers` and their tensors, named by `from`; writes to `written`, named by `to`.
  // `is_image`: what comes in has height and width.
  struct Lists {
    const LayerList& layers;
    std::string from;
    LayerList& written;
    std::string to;
    bool is_image;
  };

  Folder(const InferenceLayers& trained, InferenceLayers& folded, Lists lists)
      : trained_(trained), folded_(folded), lists_(std::move(lists)) {}

  // What has been done to the rows first.
  void Begin(const v1::Normalization& normalization) {
    if (normalization.mean().empty()) return;
    const at::Tensor scale = 1 / Doubles(normalization.standard_deviation());
    pending_ = {scale, -Doubles(normalization.mean()) * scale};
    pending_is_normalization_ = true;
  }

  // Gives whether what comes out has height and width.
  bool Fold() && {
    for (int i = 0; i < lists_.layers.size(); ++i) Take(i);
    Settle();
    return lists_.is_image;
  }

 private:
  void Take(int index) {
    const v1::Layer& layer = lists_.layers[index];
    switch (layer.kind_case()) {
      case v1::Layer::kConv2D:
      case v1::Layer::kConv1D:
        if (!TakesShifts(layer)) Settle();
        return WriteWeighted(index);
      case v1::Layer::kLinear:
        return WriteWeighted(index);
      case v1::Layer::kBatchNorm2D:
      case v1::Layer::kBatchNorm1D:
        return TakeBatchNorm(index);
      case v1::Layer::kMaxPool2D:
      case v1::Layer::kMaxPool1D:
      case v1::Layer::kGlobalMaxPool:
        if (pending_.has_value() && !pending_->MayPassMaxPooling()) Settle();
        break;
      case v1::Layer::kFlatten:
        if (!LinearComesAfter(index)) Settle();
        break;
      case v1::Layer::kAdaptiveAvgPool2D:
      case v1::Layer::kAvgPool2D:
      case v1::Layer::kAvgPool1D:
      case v1::Layer::kGlobalAvgPool:
        break;
      case v1::Layer::kResidual:
      case v1::Layer::kConcat:
        return TakeWays(index);
      default:
        Settle();
        break;
    }
    if (layer.has_flatten() || layer.has_global_avg_pool() || layer.has_global_max_pool()) {
      lists_.is_image = false;
    }
    // Those of a layer or group normalisation.
    for (const char* name : {"weight", "bias"}) {
      const at::Tensor tensor = Given(index, name);
      if (!tensor.defined()) continue;
      folded_.tensors[TensorName(lists_.to, lists_.written.size(), name)] = tensor;
    }
    *lists_.written.Add() = layer;
  }

  void TakeBatchNorm(int index) {
    const at::Tensor scale = Given(index, "weight") /
                             (Given(index, "running_var") + EpsilonOf(lists_.layers[index])).sqrt();
    const ChannelAffine affine = {scale,
                                  Given(index, "bias") - Given(index, "running_mean") * scale};
    const int last = lists_.written.size() - 1;
    if (pending_.has_value()) {
      pending_ = pending_->Then(affine);
      pending_is_normalization_ = false;
    } else if (last >= 0 && IsWeighted(lists_.written[last])) {
      FoldIntoWeightsBefore(last, affine);
    } else {
      pending_ = affine;
    }
  }

  void FoldIntoWeightsBefore(int written, const ChannelAffine& affine) {
    at::Tensor& weight = folded_.tensors[TensorName(lists_.to, written, "weight")];
    at::Tensor& bias = folded_.tensors[TensorName(lists_.to, written, "bias")];
    weight = weight * affine.scale.view(Along(0, weight));
    bias = bias.defined() ? bias * affine.scale + affine.shift : affine.shift;
    GiveBias(lists_.written[written]);
  }

  // A convolution or a linear layer, with what is pending as a part of it.
  void WriteWeighted(int index) {
    at::Tensor weight = Given(index, "weight");
    at::Tensor bias = Given(index, "bias");
    v1::Layer layer = lists_.layers[index];
    if (pending_.has_value()) {
      const ChannelAffine affine = pending_->Spread(weight.size(1));
      pending_.reset();
      pending_is_normalization_ = false;
      const std::vector<int64_t> per_input = Along(1, weight);
      const at::Tensor shift = (weight * affine.shift.view(per_input)).flatten(1).sum(1);
      bias = bias.defined() ? bias + shift : shift;
      weight = weight * affine.scale.view(per_input);
      GiveBias(layer);
    }
    const int written = lists_.written.size();
    folded_.tensors[TensorName(lists_.to, written, "weight")] = weight;
    if (bias.defined()) folded_.tensors[TensorName(lists_.to, written, "bias")] = bias;
    *lists_.written.Add() = std::move(layer);
  }

  // A layer that holds others: each of its ways by itself.
  void TakeWays(int index) {
    Settle();
    const int written = lists_.written.size();
    v1::Layer& layer = *lists_.written.Add();
    layer = lists_.layers[index];
    const bool is_image = lists_.is_image;
    const std::vector<LayerWay> ways = WaysThrough(lists_.layers[index]);
    for (size_t i = 0; i < ways.size(); ++i) {
      LayerList& inner = MutableWay(layer, static_cast<int>(i));
      inner.Clear();
      lists_.is_image = Folder(trained_, folded_,
                               {*ways[i].layers, ListName(lists_.from, index, ways[i]), inner,
                                ListName(lists_.to, written, ways[i]), is_image})
                            .Fold();
    }
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
    const int written = lists_.written.size();
    v1::Layer& layer = *lists_.written.Add();
    if (lists_.is_image) {
      layer.mutable_batch_norm2d()->set_epsilon(0);
    } else {
      layer.mutable_batch_norm1d()->set_epsilon(0);
    }
    const auto tensor = [&](const char* name) -> at::Tensor& {
      return folded_.tensors[TensorName(lists_.to, written, name)];
    };
    tensor("weight") = affine.scale;
    tensor("bias") = affine.shift;
    tensor("running_mean") = at::zeros_like(affine.shift);
    tensor("running_var") = at::ones_like(affine.shift);
    ++folded_.batch_norm_count;
  }

  // Whether a linear layer is the next to look at the values that layer `index` flattens.
  bool LinearComesAfter(int index) const {
    return index + 1 < lists_.layers.size() && lists_.layers[index + 1].has_linear();
  }

  // A tensor of the trained network; undefined where it has none of that name.
  at::Tensor Given(int layer, const char* tensor) const {
    const auto found = trained_.tensors.find(TensorName(lists_.from, layer, tensor));
    return found == trained_.tensors.end() ? at::Tensor() : found->second;
  }

  const InferenceLayers& trained_;
  InferenceLayers& folded_;
  Lists lists_;
  std::optional<ChannelAffine> pending_;
  bool pending_is_normalization_ = false;
};

using Tensors = std::map<std::string, at::Tensor>;

// Copies `layers`, whose tensors are named by `from`, behind `written`, named by `to`.
void CopyLayers(const LayerList& layers, const std::string& from, const Tensors& tensors,
                LayerList& written, const std::string& to, InferenceLayers& out) {
  for (int i = 0; i < layers.size(); ++i) {
    if (layers[i].has_dropout()) continue;
    const int index = written.size();
    v1::Layer& layer = *written.Add();
    layer = layers[i];
    if (IsBatchNorm(layer)) ++out.batch_norm_count;
    for (const char* name : {"weight", "bias", "running_mean", "running_var"}) {
      const auto found = tensors.find(TensorName(from, i, name));
      if (found == tensors.end()) continue;
      out.tensors[TensorName(to, index, name)] = found->second.detach().cpu().to(at::kDouble);
    }
    const std::vector<LayerWay> ways = WaysThrough(layers[i]);
    for (size_t way = 0; way < ways.size(); ++way) {
      LayerList& inner = MutableWay(layer, static_cast<int>(way));
      inner.Clear();
      CopyLayers(*ways[way].layers, ListName(from, i, ways[way]), tensors, inner,
                 ListName(to, index, ways[way]), out);
    }
  }
}

constexpr char kLayers[] = "layers";

}  // namespace

InferenceLayers LayersAsTrained(const v1::Network& description,
                                const v1::Normalization& normalization,
                                const std::map<std::string, at::Tensor>& tensors) {
  InferenceLayers layers;
  *layers.description.mutable_input() = description.input();
  layers.normalization = normalization;
  CopyLayers(description.layers(), kLayers, tensors, *layers.description.mutable_layers(), kLayers,
             layers);
  return layers;
}

InferenceLayers FoldLayers(const InferenceLayers& trained) {
  InferenceLayers folded;
  const v1::InputShape& input = trained.description.input();
  *folded.description.mutable_input() = input;
  Folder folder(trained, folded,
                {trained.description.layers(), kLayers, *folded.description.mutable_layers(),
                 kLayers, RowShape(input).size() == 3});
  folder.Begin(trained.normalization);
  std::move(folder).Fold();
  return folded;
}

}  // namespace traind
