#ifndef TRAIND_SERVER_TORCH_TRAIN_CAPTURED_STEPS_H_
#define TRAIND_SERVER_TORCH_TRAIN_CAPTURED_STEPS_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "server/torch/cuda/device_graph.h"
#include "server/torch/train/autograd_passes.h"
#include "server/torch/train/sgd.h"
#include "server/torch/train/training_steps.h"

namespace traind {

// Steps as recordings that the device runs without the host: from the rows of the
// batch to the average of the weights and the epoch's figures, several steps to a
// recording. All that changes from step to step lies on the device, in tables that
// are filled once an epoch and read at the step's number within the epoch, which the
// recordings themselves count. See docs/adr/0013-a-step-is-a-recording.md.
class CapturedSteps : public TrainingSteps {
 public:
  using MakeGraph = std::function<absl::StatusOr<std::unique_ptr<DeviceGraph>>()>;

  // Moves both networks' tensors (MoveIntoSharedStorage), with weights of convolutions
  // in `format`. `make_graph` gives an empty recording.
  CapturedSteps(const StepParts& parts, at::MemoryFormat format, MakeGraph make_graph);

  // Runs each kind of recording's work, records it, and puts everything back. The
  // errors of `make_graph`.
  absl::Status Prepare() override;
  void StartEpoch(int epoch, int64_t done_count) override;
  int64_t stride() const override { return kStepsPerRecording; }
  std::chrono::steady_clock::duration Run(int64_t count) override;
  void Save(StateTensors& state) const override;
  absl::Status Load(StateTensors& state) override;

  // Enough to hide what a launch costs.
  static constexpr int64_t kStepsPerRecording = 16;

 private:
  // What happens at `count` steps, from the next one of the epoch; whole batches, or
  // the shorter one at the end.
  void EnqueueWhole(int64_t count);
  void EnqueueShort();
  // The steps with these numbers within the epoch (int64 [count], on the device), on
  // as many batches of `batch_rows` of these rows.
  void Enqueue(const at::Tensor& numbers, const at::Tensor& rows, int64_t batch_rows);
  Batch Part(const Batch& batches, int64_t index, int64_t batch_rows) const;

  absl::StatusOr<std::unique_ptr<DeviceGraph>> Record(const std::function<void()>& work);
  // All that a step changes.
  std::vector<at::Tensor> State() const;

  // Constant after construction.
  const StepParts parts_;
  const at::MemoryFormat format_;
  const MakeGraph make_graph_;
  const int64_t batch_rows_;
  const int64_t whole_count_;  // batches of an epoch without a shorter last one
  const int64_t short_rows_;   // rows of that one, or 0

  at::Tensor network_storage_;
  at::Tensor average_storage_;  // undefined without averaging
  AutogradPasses passes_;
  Sgd sgd_;
  at::Tensor next_;    // int64 [1], number within the epoch of the next step
  at::Tensor counts_;  // int64 0, 1, 2…
  at::Tensor rates_;   // float32 [steps of an epoch], of the epoch
  at::Tensor shares_;  // the same for the average: WeightAverage::ShareAt

  std::unique_ptr<DeviceGraph> several_;  // kStepsPerRecording steps
  std::unique_ptr<DeviceGraph> one_;
  std::unique_ptr<DeviceGraph> short_;  // the shorter batch

  int64_t epoch_start_ = 0;  // steps of the run before this epoch
  int64_t done_count_ = 0;   // of this epoch
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_CAPTURED_STEPS_H_
