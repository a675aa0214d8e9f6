#include "server/fused/fused_plan.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/layer_arithmetic.h"
#include "server/recipes/row_shape.h"

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

// Takes the layers one after another. What follows a convolution or linear layer is
// first collected in `inlet_`, then belongs to the next one.
class Planner {
 public:
  explicit Planner(const v1::InputShape& input)
      : map_{{input.channels(), input.height(), input.width()}} {}

  absl::Status Take(int index, const v1::Layer& layer) {
    ASSIGN_OR_RETURN(const LayerResult result, ApplyLayer(layer, map_));
    RETURN_IF_ERROR(TakeKind(index, layer));
    map_ = result.output;
    if (map_.shape.size() == 3) pixels_ = {map_.shape[1], map_.shape[2]};
    return absl::OkStatus();
  }

  absl::StatusOr<FusedPlan> Finish() && {
    if (plan_.stages.empty() || !plan_.stages.back().linear) {
      return Expected("a linear layer that gives the logits", "none");
    }
    FusedStage& last = plan_.stages.back();
    if (last.relu || !inlet_.is_plain()) return Expected("a linear layer at the end", "another");
    return std::move(plan_);
  }

 private:
  absl::Status TakeKind(int index, const v1::Layer& layer) {
    switch (layer.kind_case()) {
      case v1::Layer::kConv2D:
        return TakeConv(index, layer.conv2d());
      case v1::Layer::kLinear:
        return TakeLinear(index, layer.linear());
      case v1::Layer::kFlatten:
        return absl::OkStatus();
      case v1::Layer::kRelu:
        return TakeRelu();
      case v1::Layer::kBatchNorm2D:
        return TakeBatchNorm(index, layer.batch_norm2d());
      case v1::Layer::kMaxPool2D:
        return TakeMaxPool(layer.max_pool2d());
      case v1::Layer::kAdaptiveAvgPool2D:
        return TakeAveragePool(layer.adaptive_avg_pool2d());
      case v1::Layer::kDropout:
        return TakeDropout(layer.dropout());
      case v1::Layer::KIND_NOT_SET:
        return absl::InvalidArgumentError("expected a kind of layer, got none");
      default:
        break;
    }
    return Expected("a kind of layer that the fused step computes", LayerKindName(layer));
  }

  // The stage whose output is being described.
  absl::StatusOr<FusedStage*> Below() {
    if (plan_.stages.empty()) return Expected("a convolution or linear layer before it", "none");
    return &plan_.stages.back();
  }

  // Pooling comes once, and before dropout.
  absl::Status ExpectMayPool() const {
    if (inlet_.pool != FusedInlet::Pool::kNone) return Expected("one pooling in a place", "two");
    if (inlet_.drop > 0) return Expected("it before dropout", "it after");
    return absl::OkStatus();
  }

  absl::Status TakeConv(int index, const v1::Conv2d& conv) {
    if (conv.has_groups() && conv.groups() != 1) {
      return Expected("groups 1", absl::StrCat(conv.groups()));
    }
    if (conv.has_stride() && conv.stride() != 1) {
      return Expected("stride 1", absl::StrCat(conv.stride()));
    }
    if (conv.padding() >= conv.kernel_size()) {
      return Expected("a padding below kernel_size", absl::StrCat(conv.padding()));
    }
    FusedStage stage;
    stage.layer = index;
    stage.in_channels = static_cast<int>(map_.shape[0]);
    stage.in_height = static_cast<int>(map_.shape[1]);
    stage.in_width = static_cast<int>(map_.shape[2]);
    stage.padding = conv.padding();
    stage.kernel_height = stage.kernel_width = conv.kernel_size();
    stage.out_channels = conv.out_channels();
    stage.bias = !conv.has_bias() || conv.bias();
    Add(stage);
    return absl::OkStatus();
  }

  absl::Status TakeLinear(int index, const v1::Linear& linear) {
    FusedStage stage;
    stage.layer = index;
    stage.linear = true;
    const bool after_linear = !plan_.stages.empty() && plan_.stages.back().linear;
    stage.in_height = stage.kernel_height = after_linear ? 1 : static_cast<int>(pixels_.first);
    stage.in_width = stage.kernel_width = after_linear ? 1 : static_cast<int>(pixels_.second);
    stage.in_channels =
        static_cast<int>(map_.shape[0]) / (stage.kernel_height * stage.kernel_width);
    stage.out_channels = linear.out_features();
    stage.bias = !linear.has_bias() || linear.bias();
    Add(stage);
    return absl::OkStatus();
  }

  void Add(FusedStage stage) {
    const bool first = plan_.stages.empty();
    stage.laid_in_channels = first ? stage.in_channels : RoundUpToBlock(stage.in_channels);
    stage.laid_out_channels = RoundUpToBlock(stage.out_channels);
    stage.inlet = std::exchange(inlet_, {});
    stage.direct = !first && stage.padding == 0 && stage.inlet.is_plain();
    plan_.stages.push_back(stage);
  }

  absl::Status TakeRelu() {
    ASSIGN_OR_RETURN(FusedStage * below, Below());
    if (inlet_.drop > 0) return Expected("it before dropout", "it after");
    // The largest of what is at least 0 is at least 0: beside max pooling the order is free.
    const bool average = inlet_.pool == FusedInlet::Pool::kAverage;
    if (average) return Expected("it before adaptive_avg_pool2d", "it after");
    (below->batch_norm ? inlet_.relu : below->relu) = true;
    return absl::OkStatus();
  }

  absl::Status TakeBatchNorm(int index, const v1::BatchNorm2d& options) {
    ASSIGN_OR_RETURN(FusedStage * below, Below());
    if (below->batch_norm || !inlet_.is_plain()) {
      return Expected("it after a convolution or its ReLU", "it after another layer");
    }
    below->batch_norm = {index, options.has_epsilon() ? options.epsilon() : 1e-5,
                         options.has_momentum() ? options.momentum() : 0.1};
    return absl::OkStatus();
  }

  absl::Status TakeMaxPool(const v1::MaxPool2d& pool) {
    RETURN_IF_ERROR(Below().status());
    RETURN_IF_ERROR(ExpectMayPool());
    if (pool.kernel_size() > kPoolSizeMax) {
      return Expected(absl::StrCat("kernel_size of at most ", kPoolSizeMax),
                      absl::StrCat(pool.kernel_size()));
    }
    inlet_.pool = FusedInlet::Pool::kMax;
    inlet_.pool_size = pool.kernel_size();
    inlet_.pool_stride = pool.has_stride() ? pool.stride() : pool.kernel_size();
    return absl::OkStatus();
  }

  absl::Status TakeAveragePool(const v1::AdaptiveAvgPool2d& pool) {
    RETURN_IF_ERROR(Below().status());
    RETURN_IF_ERROR(ExpectMayPool());
    if (pool.output_size() != 1) {
      return Expected("output_size 1", absl::StrCat(pool.output_size()));
    }
    if (inlet_.relu) return Expected("batch normalisation after ReLU", "before it");
    inlet_.pool = FusedInlet::Pool::kAverage;
    return absl::OkStatus();
  }

  absl::Status TakeDropout(const v1::Dropout& dropout) {
    if (dropout.probability() == 0) return absl::OkStatus();
    RETURN_IF_ERROR(Below().status());
    if (inlet_.drop > 0) return Expected("one dropout in a place", "two");
    inlet_.drop = dropout.probability();
    return absl::OkStatus();
  }

  FeatureMap map_;
  std::pair<int64_t, int64_t> pixels_ = {map_.shape[1], map_.shape[2]};  // of the newest map
  FusedInlet inlet_;
  FusedPlan plan_;
};

absl::Status AtLayer(int index, const v1::Layer& layer, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("network.layers[", index, "] (",
                                                  LayerKindName(layer), "): ", status.message()));
}

}  // namespace

int64_t FusedPlan::sample_bytes() const {
  int64_t values = 0;
  for (const FusedStage& stage : stages) {
    values += 2 * stage.out_values() + 2 * stage.in_stride();
  }
  return values * static_cast<int64_t>(sizeof(float));
}

absl::StatusOr<FusedPlan> PlanFused(const v1::Network& network) {
  if (RowShape(network.input()).size() != 3) {
    return absl::UnimplementedError(
        absl::StrCat("network.input: expected channels, height and width of an image, got ",
                     ShapeText(RowShape(network.input()))));
  }
  Planner planner(network.input());
  for (int i = 0; i < network.layers_size(); ++i) {
    const absl::Status status = planner.Take(i, network.layers(i));
    if (!status.ok()) return AtLayer(i, network.layers(i), status);
  }
  absl::StatusOr<FusedPlan> plan = std::move(planner).Finish();
  if (plan.ok() || network.layers_size() == 0) return plan;
  const int last = network.layers_size() - 1;
  return AtLayer(last, network.layers(last), plan.status());
}

}  // namespace traind
