#ifndef TRAIND_SERVER_FUSED_TYPED_STEP_ENGINE_H_
#define TRAIND_SERVER_FUSED_TYPED_STEP_ENGINE_H_

#include <chrono>
#include <cstdint>
#include <vector>

#include "server/fused/fused_plan.h"
#include "server/fused/softmax_loss.h"
#include "server/fused/stage_buffers.h"
#include "server/fused/stage_tensors.h"
#include "server/fused/step_engine.h"
#include "server/fused/thread_team.h"
#include "server/kernels/elementwise.h"

namespace traind {

// A StepEngine whose activations, and the gradients by them, are of this type: float or
// Bf16. Each thread has a share of the batch's samples; they wait for each other only
// where a sum over the batch is needed.
template <class Element>
class TypedStepEngine : public StepEngine {
 public:
  TypedStepEngine(FusedPlan plan, const Options& options, std::vector<StageTensors> network,
                  std::vector<StageTensors> momentum);
  TypedStepEngine(const TypedStepEngine&) = delete;

  Result Run(const Batch& batch, double learning_rate) override;
  const std::vector<StageTensors>& gradients() const override { return gradients_; }
  const std::vector<StageTimes>& times() const override { return times_; }
  std::chrono::nanoseconds update_time() const override { return update_time_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Range {
    int64_t begin;
    int64_t end;
  };
  struct ThreadResult {
    alignas(64) Result result;
  };

  // One thread's part of a step, in order.
  void Work(int thread);
  void Forward(int stage, int thread);
  void ComputeLoss(int thread);
  void Backward(int stage, int thread);
  void ReduceWeightGradients(int thread);
  void Update(int thread);

  // What is done once when all threads have come, from sums over the batch.
  void FinishStatistics(int stage);
  void FinishGradientsOfSources(int stage);

  void MakeInput(int stage, int64_t sample);
  void Convolve(int stage, int thread, int64_t sample, int64_t count);
  void Join(int stage, int thread, int64_t sample);
  // The stage's output with its batch normalisation.
  AffineTerm<Element> TermOf(int stage, int64_t sample) const;

  void FinishOutputGradient(int stage, int thread, int64_t sample, int64_t count);
  void FinishLogitGradient(int thread, int64_t sample, int64_t count);
  void ComputeWeightGradient(int stage, int thread, int64_t sample, int64_t count);
  void ComputeInputGradient(int stage, int thread, int64_t sample, int64_t count);
  void PassBack(int stage, int thread, int64_t sample, Element* input_gradient);
  void PassToTerm(int stage, int term, bool adds, int thread, int64_t sample);
  // Where the gradient by the source goes, then to be added if it adds.
  Element* SourceGradient(int stage, int thread, int64_t sample);
  void AddToSource(int stage, int thread, int64_t sample, int64_t count);
  void AddGradient(int stage, int64_t sample, int64_t count, const Element* gradient);
  // The thread's finished gradient by the output of its newest samples.
  PlaneOf<Element> OutputGradientPlane(int stage, int thread);

  // Also for the image, -1.
  bool HasBatchNorm(int stage) const {
    return stage >= 0 && plan_.stages[stage].batch_norm.has_value();
  }
  // Of these samples of the newest batch.
  Range SamplesOf(int thread) const { return Share(batch_.row_count, thread); }
  Range Share(int64_t count, int thread) const;
  // How many of them a kernel takes at once.
  int64_t GroupOf(int stage, const Range& samples) const {
    return plan_.stages[stage].is_linear() ? samples.end - samples.begin : 1;
  }
  // What the inlet has made.
  const Element* Input(int stage, int64_t sample) const {
    if (plan_.stages[stage].direct) return Output(plan_.stages[stage].source, sample);
    if (!plan_.stages[stage].has_input()) return Output(stage, sample);
    return stages_[stage].input.data() + sample * plan_.stages[stage].in_stride();
  }
  const Element* Output(int stage, int64_t sample) const {
    return stages_[stage].output.data() + sample * plan_.stages[stage].out_values();
  }
  Element* Output(int stage, int64_t sample) {
    return stages_[stage].output.data() + sample * plan_.stages[stage].out_values();
  }
  const Element* OutputGradient(int stage, int64_t sample) const {
    return stages_[stage].output_gradient.data() + sample * plan_.stages[stage].out_values();
  }
  Element* OutputGradient(int stage, int64_t sample) {
    return stages_[stage].output_gradient.data() + sample * plan_.stages[stage].out_values();
  }
  // Null without dropout, and of a stage without an inlet's note.
  uint8_t* Mask(int stage, int64_t sample) {
    if (stages_[stage].mask.size() == 0) return nullptr;
    return stages_[stage].mask.data() + sample * stages_[stage].inlet->mask_bytes();
  }
  uint8_t* Note(int stage, int64_t sample) {
    if (stages_[stage].note.size() == 0) return nullptr;
    return stages_[stage].note.data() + sample * stages_[stage].inlet->note_bytes();
  }
  DropoutStream StreamOf(int stage, int64_t sample) const {
    return {
        {static_cast<uint32_t>(batch_.epoch_seed), static_cast<uint32_t>(batch_.epoch_seed >> 32)},
        {static_cast<uint32_t>(sample), static_cast<uint32_t>(stage),
         static_cast<uint32_t>(batch_.step)}};
  }
  double ValuesPerChannel(int stage) const {
    return static_cast<double>(batch_.row_count * plan_.stages[stage].out_pixels());
  }

  // Constant after construction.
  const FusedPlan plan_;
  const int stage_count_;
  const Options options_;
  const StageKernels<Element> kernels_;
  const SoftmaxLoss loss_;
  const std::vector<StageTensors> network_;
  const std::vector<StageTensors> momentum_;
  std::vector<StageTensors> gradients_;
  AlignedFloats gradient_memory_;

  std::vector<StageBuffers<Element>> stages_;
  // Of the newest batch of bytes: what its values are as elements.
  std::vector<Element> byte_values_;
  // The last stage's output and the gradient by it, always in float.
  AlignedFloats logits_;
  AlignedFloats logit_gradients_;
  std::vector<ThreadResult> results_;
  std::vector<StageTimes> times_;
  std::chrono::nanoseconds update_time_{0};

  // Of the step that runs.
  Batch batch_;
  double learning_rate_ = 0;

  ThreadTeam team_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_TYPED_STEP_ENGINE_H_
