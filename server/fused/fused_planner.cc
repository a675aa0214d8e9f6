#include "server/fused/fused_planner.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/recipe_bounds.h"

namespace traind {
namespace {

// Places of a window are kept in a byte.
constexpr int kPoolSizeMax = 16;

int RoundUpToBlock(int channels) {
  return (channels + kChannelBlock - 1) / kChannelBlock * kChannelBlock;
}

absl::Status Expected(absl::string_view expected, absl::string_view got) {
  return absl::UnimplementedError(absl::StrCat("expected ", expected, ", got ", got));
}

absl::Status AtLayer(const std::string& field, const v1::Layer& layer, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(field, " (", LayerKindName(layer), "): ", status.message()));
}

// A border of zeros may be larger than all that recipes bound.
absl::Status CheckInputSize(const FusedStage& stage, int64_t padding) {
  const int64_t values_max = RecipeBounds().layer_values_max;
  const int64_t height = stage.in_height + 2 * padding;
  const int64_t width = stage.in_width + 2 * padding;
  if (height <= values_max / (width * stage.laid_in_channels)) return absl::OkStatus();
  return Expected(absl::StrCat("an input of at most ", values_max, " values with its padding"),
                  absl::StrCat("[", stage.laid_in_channels, ", ", height, ", ", width, "]"));
}

}  // namespace

FusedPlanner::FusedPlanner(const v1::InputShape& input) {
  flow_.channels = input.channels();
  flow_.height = input.height();
  flow_.width = input.width();
  flow_.map.shape = {input.channels(), input.height(), input.width()};
}

absl::Status FusedPlanner::TakeAll(const Layers& layers, const Place& place) {
  for (int i = 0; i < layers.size(); ++i) {
    const v1::Layer& layer = layers[i];
    const std::string field = absl::StrCat(place.field, "[", i, "]");
    const std::string path = absl::StrCat(place.tensors, i);
    if (layer.has_residual()) {
      const Place inside = {absl::StrCat(field, ".residual"), absl::StrCat(path, ".")};
      RETURN_IF_ERROR(TakeResidual(inside, layer.residual()));
      continue;
    }
    const absl::StatusOr<LayerResult> result = ApplyLayer(layer, flow_.map);
    RETURN_IF_ERROR(AtLayer(field, layer, result.status()));
    RETURN_IF_ERROR(AtLayer(field, layer, TakeKind(path, layer)));
    flow_.map = result->output;
    if (flow_.map.shape.size() == 3) {
      flow_.height = static_cast<int>(flow_.map.shape[1]);
      flow_.width = static_cast<int>(flow_.map.shape[2]);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<FusedPlan> FusedPlanner::Finish() && {
  const int last = static_cast<int>(plan_.stages.size()) - 1;
  if (last < 0 || flow_.source != last || !Below().is_linear()) {
    return Expected("a linear layer that gives the logits", "none");
  }
  if (Below().relu || !flow_.inlet.is_plain()) {
    return Expected("a linear layer at the end", "another");
  }
  MarkGradients();
  return std::move(plan_);
}

absl::Status FusedPlanner::TakeKind(const std::string& path, const v1::Layer& layer) {
  switch (layer.kind_case()) {
    case v1::Layer::kConv2D:
      return TakeConv(path, layer.conv2d());
    case v1::Layer::kLinear:
      TakeLinear(path, layer.linear());
      return absl::OkStatus();
    case v1::Layer::kFlatten:
      return absl::OkStatus();
    case v1::Layer::kRelu:
      TakeRelu();
      return absl::OkStatus();
    case v1::Layer::kBatchNorm2D:
      TakeBatchNorm(path, layer.batch_norm2d());
      return absl::OkStatus();
    case v1::Layer::kMaxPool2D:
      return TakeMaxPool(layer.max_pool2d());
    case v1::Layer::kAdaptiveAvgPool2D:
      if (const int size = layer.adaptive_avg_pool2d().output_size(); size != 1) {
        return Expected("output_size 1", absl::StrCat(size));
      }
      TakeGlobalAverage();
      return absl::OkStatus();
    case v1::Layer::kGlobalAvgPool:
      TakeGlobalAverage();
      return absl::OkStatus();
    case v1::Layer::kDropout:
      TakeDropout(layer.dropout().probability());
      return absl::OkStatus();
    default:
      return Expected("a kind of layer that the fused step computes", LayerKindName(layer));
  }
}

FusedStage FusedPlanner::Reader(FusedStage::Kind kind, const std::string& path) const {
  FusedStage stage;
  stage.kind = kind;
  stage.layer = path;
  stage.source = flow_.source;
  stage.inlet = flow_.inlet;
  stage.in_channels = flow_.channels;
  stage.in_height = flow_.height;
  stage.in_width = flow_.width;
  // The kernels read an image's channels as they are, but write blocks only.
  const bool as_is = FromImage() && stage.has_weights();
  stage.laid_in_channels = as_is ? stage.in_channels : RoundUpToBlock(stage.in_channels);
  stage.out_channels = stage.in_channels;
  stage.kernel_height = stage.kernel_width = 1;
  return stage;
}

void FusedPlanner::Add(const FusedStage& stage) {
  flow_.source = static_cast<int>(plan_.stages.size());
  flow_.inlet = {};
  flow_.channels = stage.out_channels;
  flow_.height = stage.out_height();
  flow_.width = stage.out_width();
  plan_.stages.push_back(stage);
  Below().laid_out_channels = RoundUpToBlock(stage.out_channels);
}

void FusedPlanner::AddMap() { Add(Reader(FusedStage::Kind::kMap, "")); }

absl::Status FusedPlanner::TakeConv(const std::string& path, const v1::Conv2d& conv) {
  if (conv.has_groups() && conv.groups() != 1) {
    return Expected("groups 1", absl::StrCat(conv.groups()));
  }
  FusedStage stage = Reader(FusedStage::Kind::kConvolution, path);
  RETURN_IF_ERROR(CheckInputSize(stage, conv.padding()));
  stage.padding = conv.padding();
  stage.stride = conv.has_stride() ? conv.stride() : 1;
  stage.kernel_height = stage.kernel_width = conv.kernel_size();
  stage.out_channels = conv.out_channels();
  stage.bias = !conv.has_bias() || conv.bias();
  stage.direct = !FromImage() && stage.padding == 0 && stage.inlet.is_plain();
  Add(stage);
  return absl::OkStatus();
}

void FusedPlanner::TakeLinear(const std::string& path, const v1::Linear& linear) {
  FusedStage stage = Reader(FusedStage::Kind::kLinear, path);
  stage.kernel_height = stage.in_height;
  stage.kernel_width = stage.in_width;
  stage.out_channels = linear.out_features();
  stage.bias = !linear.has_bias() || linear.bias();
  stage.direct = !FromImage() && stage.inlet.is_plain();
  Add(stage);
}

void FusedPlanner::TakeRelu() {
  // The largest of what is at least 0 is at least 0, and dropout changes no sign: beside
  // these the order is free.
  const bool average = flow_.inlet.pool == FusedInlet::Pool::kAverage;
  if (FromImage() || average) AddMap();
  const bool to_stage = MayChangeBelow() && !Below().batch_norm;
  (to_stage ? Below().relu : flow_.inlet.relu) = true;
}

void FusedPlanner::TakeBatchNorm(const std::string& path, const v1::BatchNorm2d& options) {
  if (!MayChangeBelow() || Below().batch_norm || !flow_.inlet.is_plain()) AddMap();
  Below().batch_norm = {path, options.has_epsilon() ? options.epsilon() : 1e-5,
                        options.has_momentum() ? options.momentum() : 0.1};
}

absl::Status FusedPlanner::TakeMaxPool(const v1::MaxPool2d& pool) {
  if (pool.kernel_size() > kPoolSizeMax) {
    return Expected(absl::StrCat("kernel_size of at most ", kPoolSizeMax),
                    absl::StrCat(pool.kernel_size()));
  }
  if (!MayPool()) AddMap();
  flow_.inlet.pool = FusedInlet::Pool::kMax;
  flow_.inlet.pool_size = pool.kernel_size();
  flow_.inlet.pool_stride = pool.has_stride() ? pool.stride() : pool.kernel_size();
  return absl::OkStatus();
}

void FusedPlanner::TakeGlobalAverage() {
  // The inlet's ReLU comes after its pooling.
  if (!MayPool() || flow_.inlet.relu) AddMap();
  flow_.inlet.pool = FusedInlet::Pool::kAverage;
  flow_.height = flow_.width = 1;
}

void FusedPlanner::TakeDropout(double probability) {
  if (probability == 0) return;
  if (FromImage() || flow_.inlet.drop > 0) AddMap();
  flow_.inlet.drop = probability;
}

absl::Status FusedPlanner::TakeResidual(const Place& place, const v1::Residual& residual) {
  // Both ways read one stage, as it lies.
  if (FromImage() || Below().batch_norm || !flow_.inlet.is_plain()) AddMap();
  Below().shared = true;
  const Flow start = flow_;
  RETURN_IF_ERROR(TakeAll(residual.layers(), {absl::StrCat(place.field, ".layers"),
                                              absl::StrCat(place.tensors, "layers.")}));
  // A sum has no inlets.
  if (!flow_.inlet.is_plain()) AddMap();
  const Flow main = std::exchange(flow_, start);
  RETURN_IF_ERROR(TakeAll(residual.shortcut(), {absl::StrCat(place.field, ".shortcut"),
                                                absl::StrCat(place.tensors, "shortcut.")}));
  if (!flow_.inlet.is_plain()) AddMap();
  if (main.map.shape != flow_.map.shape) {
    return absl::InvalidArgumentError(
        absl::StrCat(place.field, ": expected layers that give the shape of what is added, ",
                     ShapeText(flow_.map.shape), ", got ", ShapeText(main.map.shape)));
  }
  // Flat values may be those of a picture, which lie otherwise.
  if (main.channels != flow_.channels || main.height != flow_.height) {
    return absl::UnimplementedError(
        absl::StrCat(place.field, ": expected values that lie alike, got those of [", main.channels,
                     ", ", main.height, ", ", main.width, "] and of [", flow_.channels, ", ",
                     flow_.height, ", ", flow_.width, "]"));
  }
  FusedStage sum = Reader(FusedStage::Kind::kSum, "");
  sum.addend = sum.source;
  sum.source = main.source;
  Add(sum);
  return absl::OkStatus();
}

void FusedPlanner::MarkGradients() {
  std::vector<bool> trains(plan_.stages.size());
  for (size_t s = 0; s < plan_.stages.size(); ++s) {
    FusedStage& stage = plan_.stages[s];
    for (const int source : {stage.source, stage.addend}) {
      if (source >= 0 && trains[source]) stage.passes_back = true;
    }
    trains[s] = stage.passes_back || stage.has_weights() || stage.batch_norm;
  }
  // In the order of the backward pass.
  std::vector<bool> written(plan_.stages.size());
  const auto write = [&](int source) {
    if (source < 0) return false;
    const bool adds = written[source];
    written[source] = true;
    return adds;
  };
  for (size_t s = plan_.stages.size(); s-- > 0;) {
    FusedStage& stage = plan_.stages[s];
    stage.adds_to_source = write(stage.source);
    stage.adds_to_addend = write(stage.addend);
  }
}

}  // namespace traind
