#ifndef TRAIND_SERVER_TORCH_TRAIN_AUTOGRAD_PASSES_H_
#define TRAIND_SERVER_TORCH_TRAIN_AUTOGRAD_PASSES_H_

#include <vector>

#include "absl/status/status.h"
#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/nn/network.h"
#include "server/torch/train/loss_function.h"
#include "server/torch/train/train_step.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Forward pass, loss and backward pass of a batch by the tensor library's own
// automatic differentiation: for every recipe on every device. Not thread-safe.
class AutogradPasses {
 public:
  // `network`, of the recipe's type, must outlive it; its parameters get gradients from
  // now on.
  AutogradPasses(const v1::Recipe& recipe, v1::Precision precision, at::Device device,
                 Network& network);

  // What the passes give, on the device and outside autograd.
  struct Result {
    at::Tensor loss;                    // scalar of the recipe's type, mean over the batch
    at::Tensor logits;                  // [B, K] of that type
    std::vector<at::Tensor> gradients;  // in the order of the parameters
  };

  // Dropout starts anew for epoch 1, 2, 3…
  void StartEpoch(int epoch);

  // Who is told of the layers' outputs from now on; must outlive the passes. May be null.
  void Observe(LayerObserver* observer) { context_.observer = observer; }

  // May overwrite the batch. Does not wait for the device. Throws c10::Error.
  Result Run(const Batch& batch);

  const std::vector<at::Tensor>& parameters() const { return parameters_; }
  const LossFunction& loss() const { return loss_; }

  // Where dropout draws from.
  at::Generator& dropout() { return context_.dropout; }

  // Saves where dropout's numbers stand, or goes on from there. DATA_LOSS.
  void Save(StateTensors& state) const;
  absl::Status Load(StateTensors& state);

 private:
  at::Tensor Forward(const at::Tensor& images) const;

  const int64_t seed_;
  const at::ScalarType type_;
  const LossFunction loss_;
  const v1::Precision precision_;
  const at::Device device_;
  Network& network_;
  ForwardContext context_;
  const std::vector<at::Tensor> parameters_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_AUTOGRAD_PASSES_H_
