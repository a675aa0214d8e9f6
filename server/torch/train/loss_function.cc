#include "server/torch/train/loss_function.h"

#include <vector>

namespace traind {
namespace {

using Loss = v1::Loss;

std::optional<at::Tensor> WeightsOf(const Loss& loss, const at::TensorOptions& options) {
  const auto& weights = loss.has_cross_entropy() ? loss.cross_entropy().class_weights()
                                                 : loss.binary_cross_entropy().positive_weights();
  if (weights.empty()) return std::nullopt;
  return at::tensor(std::vector<double>(weights.begin(), weights.end()), at::kDouble).to(options);
}

double Delta(const v1::Huber& huber) { return huber.has_delta() ? huber.delta() : 1; }

}  // namespace

LossFunction::LossFunction(const Loss& loss, const at::TensorOptions& options)
    : loss_(loss), weights_(WeightsOf(loss, options)) {}

at::Tensor LossFunction::Mean(const at::Tensor& outputs, const at::Tensor& targets) const {
  switch (loss_.kind_case()) {
    case Loss::kMeanSquaredError:
      return at::mse_loss(outputs, targets);
    case Loss::kHuber:
      return at::huber_loss(outputs, targets, at::Reduction::Mean, Delta(loss_.huber()));
    case Loss::kBinaryCrossEntropy:
      return at::binary_cross_entropy_with_logits(outputs, targets, /*weight=*/{}, weights_);
    case Loss::kHalfSquaredError:
      return (targets - outputs).square().sum() / (2.0 * static_cast<double>(outputs.size(0)));
    case Loss::kCrossEntropy:
    case Loss::KIND_NOT_SET:
      break;
  }
  return at::cross_entropy_loss(outputs, targets, weights_, at::Reduction::Mean,
                                /*ignore_index=*/-100, loss_.cross_entropy().label_smoothing());
}

at::Tensor LossFunction::Weight(const at::Tensor& targets) const {
  if (loss_.has_cross_entropy() && weights_) {
    return weights_->index_select(0, targets).sum(at::kDouble);
  }
  return at::full({}, static_cast<double>(targets.size(0)), targets.options().dtype(at::kDouble));
}

at::Tensor LossFunction::RowLosses(const at::Tensor& outputs, const at::Tensor& targets) const {
  constexpr auto kEach = at::Reduction::None;
  switch (loss_.kind_case()) {
    case Loss::kMeanSquaredError:
      return at::mse_loss(outputs, targets, kEach).mean(1);
    case Loss::kHuber:
      return at::huber_loss(outputs, targets, kEach, Delta(loss_.huber())).mean(1);
    case Loss::kBinaryCrossEntropy:
      return at::binary_cross_entropy_with_logits(outputs, targets, {}, {}, kEach).mean(1);
    case Loss::kHalfSquaredError:
      return (targets - outputs).square().sum(1) / 2;
    case Loss::kCrossEntropy:
    case Loss::KIND_NOT_SET:
      break;
  }
  return at::cross_entropy_loss(outputs, targets, /*weight=*/{}, kEach);
}

at::Tensor LossFunction::CorrectCount(const at::Tensor& outputs, const at::Tensor& targets) const {
  switch (loss_.kind_case()) {
    case Loss::kMeanSquaredError:
    case Loss::kHuber:
    case Loss::kHalfSquaredError:
      return at::zeros({}, outputs.options().dtype(at::kLong));
    case Loss::kBinaryCrossEntropy:
      return outputs.gt(0).eq(targets.gt(0.5)).all(1).sum();
    case Loss::kCrossEntropy:
    case Loss::KIND_NOT_SET:
      break;
  }
  return outputs.argmax(1).eq(targets).sum();
}

}  // namespace traind
