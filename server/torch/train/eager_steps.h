#ifndef TRAIND_SERVER_TORCH_TRAIN_EAGER_STEPS_H_
#define TRAIND_SERVER_TORCH_TRAIN_EAGER_STEPS_H_

#include <memory>
#include <optional>

#include "server/torch/train/train_step.h"
#include "server/torch/train/training_steps.h"
#include "server/torch/train/weight_average.h"

namespace traind {

// One step after another, each operation as it comes: for every device.
class EagerSteps : public TrainingSteps {
 public:
  EagerSteps(const StepParts& parts, std::unique_ptr<TrainStep> train_step);

  void StartEpoch(int epoch, int64_t done_count) override;
  int64_t stride() const override { return 1; }
  std::chrono::steady_clock::duration Run(int64_t count) override;
  void Save(StateTensors& state) const override;
  absl::Status Load(StateTensors& state) override;

 private:
  const StepParts parts_;
  const std::unique_ptr<TrainStep> train_step_;
  const bool takes_bytes_;
  std::optional<WeightAverage> weight_average_;
  int64_t step_ = 0;  // of the run, 1-based; the newest that has begun
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_EAGER_STEPS_H_
