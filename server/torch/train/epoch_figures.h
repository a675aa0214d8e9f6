#ifndef TRAIND_SERVER_TORCH_TRAIN_EPOCH_FIGURES_H_
#define TRAIND_SERVER_TORCH_TRAIN_EPOCH_FIGURES_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/torch_headers.h"
#include "server/torch/train/train_step.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Collects what an epoch's steps say. Results stay on the device until they are
// fetched, so that a GPU is not waited for at every step. Not thread-safe.
class EpochFigures {
 public:
  // For epochs of `step_count` steps whose losses are of `type`, float32 or float64.
  EpochFigures(int64_t step_count, at::Device device, at::ScalarType type = at::kFloat);

  // Forgets all, for the next epoch.
  void Restart();

  // Adds the result of the next step, of a batch of `row_count` rows.
  void Record(const StepResult& result, int64_t row_count);

  // Takes note of `step_count` further steps, each of a batch of `row_count` rows, that
  // write into these themselves: every step its loss at its number within the epoch
  // (0-based), and adds to the count. Both stay where they are.
  void Expect(int64_t step_count, int64_t row_count);
  const at::Tensor& device_losses() const { return device_losses_; }
  const at::Tensor& correct_count() const { return correct_count_; }

  // Waits for the device and brings the losses of all recorded steps here. Returns
  // the number within the epoch (0-based) of the first whose loss is not finite.
  std::optional<int64_t> Fetch();

  // Loss of a fetched step, 0-based within the epoch.
  double loss(int64_t index) const { return losses_[index]; }

  // Writes last loss, mean loss and counts of the fetched steps.
  void Describe(v1::EpochFinished& epoch) const;

  // Saves what all recorded steps said, or goes on from there. DATA_LOSS.
  void Save(StateTensors& state) const;
  absl::Status Load(StateTensors& state);

 private:
  at::Tensor device_losses_;    // [step_count]
  at::Tensor correct_count_;    // int64 scalar
  std::vector<double> losses_;  // those that were fetched
  std::vector<int64_t> row_counts_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_EPOCH_FIGURES_H_
