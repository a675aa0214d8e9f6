#ifndef TRAIND_SERVER_TORCH_TRAIN_LOSS_FUNCTION_H_
#define TRAIND_SERVER_TORCH_TRAIN_LOSS_FUNCTION_H_

#include <optional>

#include "server/torch/torch_headers.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// A recipe's loss. Outputs are [B, K] in floating point; targets are classes, int64 [B],
// for cross entropy, otherwise values of the outputs' shape and type. Nothing waits for
// the device. Thread-safe. Throws c10::Error.
class LossFunction {
 public:
  // `options` names type and device of the outputs.
  LossFunction(const v1::Loss& loss, const at::TensorOptions& options);

  // What the optimizer minimises, a scalar that can be differentiated: the mean over the
  // batch, with smoothing and weights.
  at::Tensor Mean(const at::Tensor& outputs, const at::Tensor& targets) const;

  // What that mean counts for beside those of other batches, a scalar: its rows, or the
  // sum of their classes' weights.
  at::Tensor Weight(const at::Tensor& targets) const;

  // The loss of each row as it is measured, [B]: without smoothing and weights, so that
  // figures of different recipes can be compared.
  at::Tensor RowLosses(const at::Tensor& outputs, const at::Tensor& targets) const;

  // Rows that are right, an int64 scalar: whose largest logit is their class; for binary
  // cross entropy, all of whose logits are on their target's side of a half. Of values,
  // none is.
  at::Tensor CorrectCount(const at::Tensor& outputs, const at::Tensor& targets) const;

 private:
  const v1::Loss loss_;
  const std::optional<at::Tensor> weights_;  // of classes, or of positive targets
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_LOSS_FUNCTION_H_
