#include "server/fused/fused_network.h"

#include <algorithm>
#include <utility>

#include "server/fused/batch_norm.h"
#include "server/fused/stage_shapes.h"
#include "server/fused/weight_packing.h"

namespace traind {

// Inputs and outputs of each stage: of one row, or of kRowsAtOnce where a linear layer
// reads or writes them.
struct FusedNetwork::Workspace {
  std::vector<AlignedFloats> inputs;  // empty for direct stages
  std::vector<AlignedFloats> outputs;
};

FusedNetwork::FusedNetwork(FusedPlan plan, absl::Span<const StageTensors> tensors,
                           std::vector<Affine> pixels, const std::string& path)
    : plan_(std::move(plan)),
      pixels_(std::move(pixels)),
      conv_(path.empty() ? BestConvKernels() : *FindConvKernels(path)),
      elementwise_(path.empty() ? BestElementwiseKernels() : *FindElementwiseKernels(path)),
      stages_(plan_.stages.size()) {
  const FusedStage& first = plan_.stages.front();
  image_values_ = int64_t{first.in_channels} * first.in_height * first.in_width;
  while (!plan_.stages[first_linear_].linear) ++first_linear_;
  for (size_t s = 0; s < stages_.size(); ++s) Load(static_cast<int>(s), tensors[s]);
}

FusedNetwork::~FusedNetwork() = default;

void FusedNetwork::Load(int s, const StageTensors& tensors) {
  const FusedStage& stage = plan_.stages[s];
  Stage& loaded = stages_[s];
  const int64_t channels = stage.laid_out_channels;
  loaded.weights = AlignedFloats(stage.weight_rows() * channels);
  loaded.bias = AlignedFloats(channels);
  loaded.factors = AlignedFloats(channels);
  loaded.offsets = AlignedFloats(channels);
  PackWeights(stage, tensors.weight, 0, stage.weight_rows(), loaded.weights.data());
  if (stage.bias) std::copy_n(tensors.bias, stage.out_channels, loaded.bias.data());
  std::fill_n(loaded.factors.data(), stage.out_channels, 1.0F);
  if (stage.batch_norm) {
    for (int c = 0; c < stage.out_channels; ++c) {
      const double mean = tensors.running_mean[c];
      const double square_mean = tensors.running_variance[c] + mean * mean;
      const BatchStatistics statistics =
          StatisticsOf(mean, square_mean, 1, stage.batch_norm->epsilon);
      const Affine affine = AffineOf(statistics, tensors.scale[c], tensors.shift[c]);
      loaded.factors[c] = affine.factor;
      loaded.offsets[c] = affine.offset;
    }
  }
  if (s == 0) return;
  const Stage& below = stages_[s - 1];
  if (!stage.direct) {
    loaded.inlet.emplace(stage, plan_.stages[s - 1], elementwise_);
  } else if (plan_.stages[s - 1].batch_norm) {
    const AlignedFloats plain_weights =
        std::exchange(loaded.weights, AlignedFloats(stage.weight_rows() * channels));
    const AlignedFloats plain_bias = std::exchange(loaded.bias, AlignedFloats(channels));
    FoldAffine(stage, plain_weights.data(), plain_bias.data(), below.factors.data(),
               below.offsets.data(), loaded.weights.data(), loaded.bias.data());
  }
}

void FusedNetwork::Run(const float* images, int64_t row_count, float* logits) const {
  std::unique_ptr<Workspace> workspace = TakeWorkspace();
  const int last = static_cast<int>(stages_.size()) - 1;
  for (int64_t start = 0; start < row_count; start += kRowsAtOnce) {
    const int64_t count = std::min(kRowsAtOnce, row_count - start);
    for (int64_t row = 0; row < count; ++row) {
      RunConvolutions(images + (start + row) * image_values_, row, *workspace);
    }
    for (int s = first_linear_; s <= last; ++s) RunLinear(s, count, *workspace);
    for (int64_t row = 0; row < count; ++row) {
      std::copy_n(Output(last, row, *workspace), class_count(),
                  logits + (start + row) * class_count());
    }
  }
  const absl::MutexLock lock(&mutex_);
  free_.push_back(std::move(workspace));
}

std::unique_ptr<FusedNetwork::Workspace> FusedNetwork::TakeWorkspace() const {
  {
    const absl::MutexLock lock(&mutex_);
    if (!free_.empty()) {
      std::unique_ptr<Workspace> workspace = std::move(free_.back());
      free_.pop_back();
      return workspace;
    }
  }
  auto workspace = std::make_unique<Workspace>();
  for (int s = 0; s < static_cast<int>(stages_.size()); ++s) {
    const FusedStage& stage = plan_.stages[s];
    const int64_t inputs = stage.linear ? kRowsAtOnce : 1;
    const int64_t outputs = HoldsRows(s) ? kRowsAtOnce : 1;
    workspace->inputs.emplace_back(stage.direct ? 0 : inputs * stage.in_values());
    workspace->outputs.emplace_back(outputs * stage.out_values());
  }
  return workspace;
}

// Whether the outputs of many rows are kept: a linear layer reads or writes them.
bool FusedNetwork::HoldsRows(int s) const { return s + 1 >= first_linear_; }

void FusedNetwork::RunConvolutions(const float* image, int64_t row, Workspace& workspace) const {
  for (int s = 0; s < first_linear_; ++s) {
    MakeInput(s, 0, image, workspace);
    RunStage(s, 1, Input(s, 0, workspace), Output(s, HoldsRows(s) ? row : 0, workspace));
  }
  MakeInput(first_linear_, row, image, workspace);
}

void FusedNetwork::RunLinear(int s, int64_t row_count, Workspace& workspace) const {
  if (s > first_linear_) {
    for (int64_t row = 0; row < row_count; ++row) MakeInput(s, row, nullptr, workspace);
  }
  RunStage(s, row_count, Input(s, 0, workspace), Output(s, 0, workspace));
}

void FusedNetwork::MakeInput(int s, int64_t row, const float* image, Workspace& workspace) const {
  const FusedStage& stage = plan_.stages[s];
  if (stage.direct) return;
  float* const input = workspace.inputs[s].data() + row * stage.in_values();
  if (s == 0) return CopyImage(stage, image, pixels_, input);
  const Stage& below = stages_[s - 1];
  stages_[s].inlet->Make(below.factors.data(), below.offsets.data(), Output(s - 1, row, workspace),
                         /*mask=*/nullptr, input, /*note=*/nullptr);
}

void FusedNetwork::RunStage(int s, int64_t sample_count, const float* input, float* output) const {
  const FusedStage& stage = plan_.stages[s];
  ConvEpilogue epilogue;
  epilogue.bias = stages_[s].bias.data();
  epilogue.relu = stage.relu;
  conv_.forward(ForwardShape(stage, sample_count), input, stages_[s].weights.data(), epilogue,
                output, int64_t{stage.out_width()} * stage.laid_out_channels);
}

const float* FusedNetwork::Input(int s, int64_t row, Workspace& workspace) const {
  if (plan_.stages[s].direct) return Output(s - 1, row, workspace);
  return workspace.inputs[s].data() + row * plan_.stages[s].in_values();
}

float* FusedNetwork::Output(int s, int64_t row, Workspace& workspace) const {
  return workspace.outputs[s].data() + row * plan_.stages[s].out_values();
}

int64_t FusedNetwork::memory_bytes() const {
  int64_t values = 0;
  for (const Stage& stage : stages_) values += stage.weights.size();
  return values * static_cast<int64_t>(sizeof(float));
}

}  // namespace traind
