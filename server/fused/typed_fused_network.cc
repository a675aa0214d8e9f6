#include "server/fused/typed_fused_network.h"

#include <algorithm>
#include <utility>

#include "server/fused/batch_norm.h"
#include "server/fused/stage_shapes.h"
#include "server/fused/weight_packing.h"

namespace traind {

// Inputs and outputs of each stage.
template <class Element>
struct TypedFusedNetwork<Element>::Workspace {
  std::vector<AlignedArray<Element>> inputs;  // empty for stages that have none
  std::vector<AlignedArray<Element>> outputs;
  AlignedFloats logits;  // the last stage's output
};

template <class Element>
TypedFusedNetwork<Element>::TypedFusedNetwork(FusedPlan plan,
                                              absl::Span<const StageTensors> tensors,
                                              const Options& options)
    : plan_(std::move(plan)),
      pixels_(options.pixels),
      kernels_(options.path),
      stages_(plan_.stages.size()) {
  const FusedStage& first = plan_.stages.front();
  image_values_ = int64_t{first.in_channels} * first.in_height * first.in_width;
  while (!plan_.stages[first_linear_].is_linear()) ++first_linear_;
  for (size_t s = 0; s < stages_.size(); ++s) Load(static_cast<int>(s), tensors[s]);
  KeepRows();
}

template <class Element>
TypedFusedNetwork<Element>::~TypedFusedNetwork() = default;

template <class Element>
void TypedFusedNetwork<Element>::Load(int s, const StageTensors& tensors) {
  const FusedStage& stage = plan_.stages[s];
  Stage& loaded = stages_[s];
  const int64_t channels = stage.laid_out_channels;
  loaded.factors = AlignedFloats(channels);
  loaded.offsets = AlignedFloats(channels);
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
  if (stage.source >= 0 && !stage.direct && stage.kind != FusedStage::Kind::kSum) {
    loaded.inlet.emplace(stage, plan_.stages[stage.source], kernels_.elementwise());
  }
  if (!stage.has_weights()) return;
  loaded.weights = AlignedFloats(stage.weight_rows() * channels);
  loaded.bias = AlignedFloats(channels);
  PackWeights(stage, tensors.weight, 0, stage.weight_rows(), loaded.weights.data());
  if (stage.bias) std::copy_n(tensors.bias, stage.out_channels, loaded.bias.data());
  if (stage.direct && plan_.stages[stage.source].batch_norm) {
    const Stage& source = stages_[stage.source];
    const AlignedFloats plain_weights =
        std::exchange(loaded.weights, AlignedFloats(stage.weight_rows() * channels));
    const AlignedFloats plain_bias = std::exchange(loaded.bias, AlignedFloats(channels));
    FoldAffine(stage, plain_weights.data(), plain_bias.data(), source.factors.data(),
               source.offsets.data(), loaded.weights.data(), loaded.bias.data());
  }
  const ConvShape shape = ForwardShape(stage, 1);
  loaded.place = AlignedArray<Element>(kernels_.PreparedCount(shape));
  loaded.prepared = kernels_.Prepare(shape, loaded.weights.data(), loaded.place.data());
  if (loaded.place.size() > 0) loaded.weights = AlignedFloats();
}

template <class Element>
void TypedFusedNetwork<Element>::KeepRows() {
  for (int s = first_linear_; s < static_cast<int>(stages_.size()); ++s) {
    const FusedStage& stage = plan_.stages[s];
    stages_[s].input_rows = stages_[s].output_rows = kRowsAtOnce;
    for (const int source : {stage.source, stage.addend}) {
      if (source >= 0) stages_[source].output_rows = kRowsAtOnce;
    }
  }
}

template <class Element>
void TypedFusedNetwork<Element>::Run(const float* images, int64_t row_count, float* logits) const {
  std::unique_ptr<Workspace> workspace = TakeWorkspace();
  const int last = static_cast<int>(stages_.size()) - 1;
  const int64_t channels = plan_.stages[last].laid_out_channels;
  for (int64_t start = 0; start < row_count; start += kRowsAtOnce) {
    const int64_t count = std::min(kRowsAtOnce, row_count - start);
    for (int64_t row = 0; row < count; ++row) {
      RunRow(images + (start + row) * image_values_, row, *workspace);
    }
    for (int s = first_linear_; s <= last; ++s) RunRows(s, count, *workspace);
    for (int64_t row = 0; row < count; ++row) {
      std::copy_n(workspace->logits.data() + row * channels, class_count(),
                  logits + (start + row) * class_count());
    }
  }
  const absl::MutexLock lock(&mutex_);
  free_.push_back(std::move(workspace));
}

template <class Element>
std::unique_ptr<typename TypedFusedNetwork<Element>::Workspace>
TypedFusedNetwork<Element>::TakeWorkspace() const {
  {
    const absl::MutexLock lock(&mutex_);
    if (!free_.empty()) {
      std::unique_ptr<Workspace> workspace = std::move(free_.back());
      free_.pop_back();
      return workspace;
    }
  }
  auto workspace = std::make_unique<Workspace>();
  for (size_t s = 0; s < stages_.size(); ++s) {
    const FusedStage& stage = plan_.stages[s];
    // Kernels may read one element past the end.
    const int64_t input = stage.has_input() ? stages_[s].input_rows * stage.in_stride() + 1 : 0;
    workspace->inputs.emplace_back(input);
    workspace->outputs.emplace_back(stages_[s].output_rows * stage.out_values() + 1);
  }
  workspace->logits = AlignedFloats(kRowsAtOnce * plan_.stages.back().laid_out_channels);
  return workspace;
}

template <class Element>
void TypedFusedNetwork<Element>::RunRow(const float* image, int64_t row,
                                        Workspace& workspace) const {
  for (int s = 0; s < first_linear_; ++s) {
    if (plan_.stages[s].kind != FusedStage::Kind::kSum) MakeInput(s, row, image, workspace);
    RunStage(s, row, 1, workspace);
  }
  MakeInput(first_linear_, row, image, workspace);
}

template <class Element>
void TypedFusedNetwork<Element>::RunRows(int s, int64_t row_count, Workspace& workspace) const {
  const FusedStage& stage = plan_.stages[s];
  const bool makes_input = s > first_linear_ && stage.kind != FusedStage::Kind::kSum;
  for (int64_t row = 0; makes_input && row < row_count; ++row) {
    MakeInput(s, row, nullptr, workspace);
  }
  if (stage.has_weights()) return RunStage(s, 0, row_count, workspace);
  for (int64_t row = 0; row < row_count; ++row) Join(s, row, workspace);
}

template <class Element>
void TypedFusedNetwork<Element>::MakeInput(int s, int64_t row, const float* image,
                                           Workspace& workspace) const {
  const FusedStage& stage = plan_.stages[s];
  if (stage.direct) return;
  Element* const input = stage.has_input() ? workspace.inputs[s].data() +
                                                 row % stages_[s].input_rows * stage.in_stride()
                                           : Output(s, row, workspace);
  if (stage.source < 0) return CopyImage<Element>(stage, image, pixels_, input);
  const Stage& source = stages_[stage.source];
  stages_[s].inlet->Make(source.factors.data(), source.offsets.data(),
                         Output(stage.source, row, workspace), /*mask=*/nullptr, input,
                         /*note=*/nullptr);
}

// With weights, so many rows from this one on; else one.
template <class Element>
void TypedFusedNetwork<Element>::RunStage(int s, int64_t row, int64_t row_count,
                                          Workspace& workspace) const {
  const FusedStage& stage = plan_.stages[s];
  if (!stage.has_weights()) return Join(s, row, workspace);
  const ConvShape shape = ForwardShape(stage, row_count);
  const Element* const input = Input(s, row, workspace);
  if (s + 1 == static_cast<int>(stages_.size())) {
    kernels_.ForwardToFloat(shape, input, stages_[s].prepared, stages_[s].bias.data(),
                            workspace.logits.data(), stage.laid_out_channels);
    return;
  }
  EpilogueOf<Element> epilogue;
  epilogue.bias = stages_[s].bias.data();
  epilogue.relu = stage.relu;
  kernels_.Forward(shape, input, stages_[s].prepared, epilogue, Output(s, row, workspace),
                   int64_t{stage.out_width()} * stage.laid_out_channels);
}

// The output of a map, whose inlet has made it, or of a sum.
template <class Element>
void TypedFusedNetwork<Element>::Join(int s, int64_t row, Workspace& workspace) const {
  const FusedStage& stage = plan_.stages[s];
  const PlaneShape shape = OutputPlane(stage, 1);
  const PlaneOf<Element> to = Dense(shape, Output(s, row, workspace));
  if (stage.kind == FusedStage::Kind::kSum) {
    kernels_.elementwise().sum_affine(shape, TermOf(stage.source, row, workspace),
                                      TermOf(stage.addend, row, workspace), stage.relu, to, nullptr,
                                      nullptr);
  } else if (stage.relu) {
    kernels_.elementwise().relu(shape, to);
  }
}

template <class Element>
AffineTerm<Element> TypedFusedNetwork<Element>::TermOf(int s, int64_t row,
                                                       Workspace& workspace) const {
  const Element* const output = Output(s, row, workspace);
  return {stages_[s].factors.data(), stages_[s].offsets.data(),
          Dense(OutputPlane(plan_.stages[s], 1), output)};
}

template <class Element>
const Element* TypedFusedNetwork<Element>::Input(int s, int64_t row, Workspace& workspace) const {
  const FusedStage& stage = plan_.stages[s];
  if (stage.direct) return Output(stage.source, row, workspace);
  return workspace.inputs[s].data() + row % stages_[s].input_rows * stage.in_stride();
}

template <class Element>
Element* TypedFusedNetwork<Element>::Output(int s, int64_t row, Workspace& workspace) const {
  return workspace.outputs[s].data() + row % stages_[s].output_rows * plan_.stages[s].out_values();
}

template <class Element>
int64_t TypedFusedNetwork<Element>::memory_bytes() const {
  int64_t bytes = 0;
  for (const Stage& stage : stages_) {
    bytes += stage.weights.size() * static_cast<int64_t>(sizeof(float));
    bytes += stage.place.size() * static_cast<int64_t>(sizeof(Element));
  }
  return bytes;
}

template class TypedFusedNetwork<float>;
template class TypedFusedNetwork<Bf16>;

}  // namespace traind
