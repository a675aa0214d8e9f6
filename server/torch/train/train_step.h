#ifndef TRAIND_SERVER_TORCH_TRAIN_TRAIN_STEP_H_
#define TRAIND_SERVER_TORCH_TRAIN_TRAIN_STEP_H_

#include <cstdint>

#include "absl/status/status.h"
#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/torch_headers.h"

namespace traind {

// Rows of one optimizer step, on the device.
struct Batch {
  at::Tensor images;  // float32 [B, C, H, W], normalised
  at::Tensor labels;  // int64 [B]
};

// What a step says about its batch, on the device and outside autograd.
struct StepResult {
  at::Tensor loss;           // float32 scalar, mean over the batch
  at::Tensor correct_count;  // int64 scalar, rows whose largest logit is their label
};

// One optimizer step: forward, loss, backward, update of the weights. The seam
// between the training loop and the ways to compute a step. Not thread-safe.
class TrainStep {
 public:
  virtual ~TrainStep() = default;

  // Called before the first step of epoch 1, 2, 3…: dropout starts anew.
  virtual void StartEpoch(int epoch) = 0;

  // Runs a step at this learning rate; may overwrite the batch. Does not wait for
  // the device. Throws c10::Error.
  virtual StepResult Run(const Batch& batch, double learning_rate) = 0;

  // Saves what the next step needs beside the weights: the optimizer's state and
  // where dropout's numbers stand. Waits for the device. Throws c10::Error.
  virtual void Save(StateTensors& state) const = 0;
  // Goes on from there, after StartEpoch of the same epoch. DATA_LOSS.
  virtual absl::Status Load(StateTensors& state) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_TRAIN_STEP_H_
