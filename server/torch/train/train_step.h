#ifndef TRAIND_SERVER_TORCH_TRAIN_TRAIN_STEP_H_
#define TRAIND_SERVER_TORCH_TRAIN_TRAIN_STEP_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "server/fused/byte_images.h"
#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/torch_headers.h"

namespace traind {

// Pictures of a split as they lie in memory, on the CPU.
struct ByteRows {
  std::vector<const uint8_t*> first;  // of each row its first pixel
  ByteImages images;                  // `first` is to be set to that of the vector
};

// Rows of one optimizer step, on the device.
struct Batch {
  at::Tensor images;     // [B, C, H, W] or another shape of rows, normalised
  at::Tensor labels;     // classes, int64 [B], or values, [B, T]: see LossFunction
  bool is_last = false;  // of its epoch
  // Of rows that were mixed and have classes: `labels` are those of the larger share, these
  // are the others, int64 [B]. Undefined without.
  at::Tensor other_labels{};
  at::Tensor label_shares{};  // that of `labels`: [1], of the images' type
  // Instead of `images`, for a step that takes them.
  std::optional<ByteRows> bytes{};
};

// What a step says about its batch, on the device and outside autograd.
struct StepResult {
  at::Tensor loss;           // scalar of the recipe's type, mean over the batch
  at::Tensor correct_count;  // int64 scalar, rows that are right: see LossFunction
};

// One step: forward, loss, backward, and the update of the weights that follows. The seam
// between the training loop and the ways to compute a step. Not thread-safe.
class TrainStep {
 public:
  virtual ~TrainStep() = default;

  // Whether it takes batches of bytes, which nobody has to make.
  virtual bool takes_bytes() const { return false; }

  // Called before the first step of epoch 1, 2, 3…: dropout starts anew.
  virtual void StartEpoch(int epoch) = 0;

  // Runs a step, with an update at this learning rate if one is due; may overwrite the
  // batch. Does not wait for the device. Throws c10::Error.
  virtual StepResult Run(const Batch& batch, double learning_rate) = 0;

  // Saves what the next step needs beside the weights: the optimizer's state and
  // where dropout's numbers stand. Waits for the device. Throws c10::Error.
  virtual void Save(StateTensors& state) const = 0;
  // Goes on from there, after StartEpoch of the same epoch. DATA_LOSS.
  virtual absl::Status Load(StateTensors& state) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_TRAIN_STEP_H_
