#ifndef TRAIND_SERVER_FUSED_STEP_ENGINE_H_
#define TRAIND_SERVER_FUSED_STEP_ENGINE_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "server/fused/fused_plan.h"
#include "server/fused/softmax_loss.h"
#include "server/fused/stage_buffers.h"
#include "server/fused/stage_tensors.h"
#include "server/fused/thread_team.h"
#include "server/kernels/conv.h"
#include "server/kernels/elementwise.h"

namespace traind {

// Trains a network by whole steps: forward, loss, backward and update of the weights.
// docs/fused-step.md tells how. Each thread has a share of the batch's samples; they wait
// for each other only where a sum over the batch is needed. The same calls give the same
// bits for the same number of threads, on one processor. Not thread-safe.
class StepEngine {
 public:
  struct Options {
    int64_t batch_max = 0;  // samples
    int thread_count = 1;
    double label_smoothing = 0;
    double momentum = 0;
    double weight_decay = 0;
    bool nesterov = false;
    // Of the kernels, as in FindConvKernels; empty: the fastest.
    std::string path;
  };

  // `network` and `momentum` (without momentum: all null) have one entry for each stage.
  // They are read and written where they lie at every step, so they must outlive the
  // engine. `path` must exist.
  StepEngine(FusedPlan plan, const Options& options, std::vector<StageTensors> network,
             std::vector<StageTensors> momentum);
  StepEngine(const StepEngine&) = delete;

  struct Batch {
    const float* images = nullptr;    // [rows, C, H, W], normalised
    const int64_t* labels = nullptr;  // [rows], below the class count
    int64_t row_count = 0;            // 1 to batch_max
    // What decides dropout.
    uint64_t epoch_seed = 0;
    int64_t step = 0;  // of the epoch
  };
  struct Result {
    double loss_sum = 0;  // over the rows
    int64_t correct_count = 0;
  };

  Result Run(const Batch& batch, double learning_rate);

  // Of the newest step: the mean loss's gradients, without weight decay.
  const std::vector<StageTensors>& gradients() const { return gradients_; }

  // Time of the first thread since construction, waiting included.
  struct StageTimes {
    std::chrono::nanoseconds forward{0};
    std::chrono::nanoseconds backward{0};
  };
  const std::vector<StageTimes>& times() const { return times_; }
  std::chrono::nanoseconds update_time() const { return update_time_; }

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
  void Pack(int thread);
  void Forward(int stage, int thread);
  void ComputeLoss(int thread);
  void Backward(int stage, int thread);
  void ReduceWeightGradients(int thread);
  void Update(int thread);

  // What is done once when all threads have come, from sums over the batch.
  void FinishStatistics(int stage);
  void FinishBatchNormGradient(int stage);
  void FinishBiasGradients();

  void MakeInput(int stage, int64_t sample);
  void FinishOutputGradient(int stage, int thread, int64_t sample, int64_t count);
  void ComputeInputGradient(int stage, int thread, int64_t sample, int64_t count);
  void PassBack(int stage, int thread, int64_t sample, float* input_gradient);

  // Of these samples of the newest batch.
  Range SamplesOf(int thread) const { return Share(batch_.row_count, thread); }
  Range Share(int64_t count, int thread) const;
  const float* Input(int stage, int64_t sample) const;
  float* Output(int stage, int64_t sample);
  float* OutputGradient(int stage, int64_t sample);
  uint8_t* Mask(int stage, int64_t sample);
  uint8_t* Note(int stage, int64_t sample);
  DropoutStream StreamOf(int stage, int64_t sample) const;
  double ValuesPerChannel(int stage) const;

  // Constant after construction.
  const FusedPlan plan_;
  const int stage_count_;
  const Options options_;
  const ConvKernels& conv_;
  const ElementwiseKernels& elementwise_;
  const SoftmaxLoss loss_;
  const std::vector<StageTensors> network_;
  const std::vector<StageTensors> momentum_;
  std::vector<StageTensors> gradients_;
  AlignedFloats gradient_memory_;

  std::vector<StageBuffers> stages_;
  std::vector<ThreadResult> results_;
  std::vector<StageTimes> times_;
  std::chrono::nanoseconds update_time_{0};

  // Of the step that runs.
  Batch batch_;
  double learning_rate_ = 0;

  ThreadTeam team_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_FUSED_STEP_ENGINE_H_
