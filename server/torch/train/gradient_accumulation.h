#ifndef TRAIND_SERVER_TORCH_TRAIN_GRADIENT_ACCUMULATION_H_
#define TRAIND_SERVER_TORCH_TRAIN_GRADIENT_ACCUMULATION_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/torch_headers.h"

namespace traind {

// Adds up the gradients of several batches until an update is due. Not thread-safe.
class GradientAccumulation {
 public:
  // Of `batch_count` batches, at least 1, with gradients like `parameters`.
  GradientAccumulation(int64_t batch_count, const std::vector<at::Tensor>& parameters);

  // Takes in the gradients of the next batch's mean loss, which counts as much as
  // `weight` says (a scalar; not read with batches of one). Gives the gradients of the mean
  // over all batches so far, and begins anew, when these are enough or `is_last`, as no
  // update reaches into the next epoch.
  std::optional<std::vector<at::Tensor>> Add(const std::vector<at::Tensor>& gradients,
                                             const at::Tensor& weight, bool is_last);

  bool is_needed() const { return batch_count_ > 1; }

  // Saves what is held, or goes on from it. DATA_LOSS.
  void Save(StateTensors& state) const;
  absl::Status Load(StateTensors& state);

 private:
  const int64_t batch_count_;
  std::vector<at::Tensor> sums_;  // empty with batches of one
  at::Tensor weight_sum_;         // float64 scalar
  int64_t held_count_ = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_GRADIENT_ACCUMULATION_H_
