#ifndef TRAIND_SERVER_TORCH_TRAIN_MIXUP_H_
#define TRAIND_SERVER_TORCH_TRAIN_MIXUP_H_

#include <cstdint>

#include "server/torch/torch_headers.h"
#include "server/torch/train/train_step.h"

namespace traind {

// Mixes each row of a batch with the one before it, and the first with the last: the share
// times the row, and what is left of the other (Zhang et al., "mixup: Beyond Empirical Risk
// Minimization", arXiv 1710.09412). As an epoch's order is random, so is who meets whom.
// The share is drawn from Beta(alpha, alpha) for each batch of an epoch. Not thread-safe.
class Mixup {
 public:
  // For epochs of `batch_count` batches whose rows have these options; alpha 0: nothing is
  // mixed.
  Mixup(double alpha, int64_t batch_count, const at::TensorOptions& options);

  bool is_on() const { return shares_.defined(); }

  // Draws for the epoch, on the CPU so that it is the same for every device.
  void StartEpoch(uint64_t seed);

  // Of the epoch's batches, [batch_count], at the same place for every epoch.
  const at::Tensor& shares() const { return shares_; }

  // `batches` are several of one size, one behind the other; `shares` has one for each.
  static void Apply(const at::Tensor& shares, Batch& batches);

 private:
  const double alpha_;
  at::Tensor shares_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_MIXUP_H_
