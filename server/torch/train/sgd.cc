#include "server/torch/train/sgd.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/torch/train/gradient_layout.h"

namespace traind {

Sgd::Sgd(const v1::Sgd& options, std::vector<at::Tensor> parameters)
    : options_(options), parameters_(std::move(parameters)) {
  if (options_.momentum() == 0) return;
  for (const at::Tensor& parameter : parameters_) momentum_.push_back(at::zeros_like(parameter));
}

void Sgd::Step(const std::vector<at::Tensor>& gradients, double learning_rate) {
  const at::NoGradGuard no_grad;
  at::_fused_sgd_(parameters_, LaidOutAs(parameters_, gradients), momentum_,
                  options_.weight_decay(), options_.momentum(), learning_rate, /*dampening=*/0,
                  options_.nesterov(), /*maximize=*/false, first_step_);
  first_step_ = false;
}

void Sgd::Step(const std::vector<at::Tensor>& gradients, const at::Tensor& learning_rate) {
  const at::NoGradGuard no_grad;
  // The first step, too, adds to the momentum: it is zero then.
  at::_fused_sgd_(parameters_, LaidOutAs(parameters_, gradients), momentum_,
                  options_.weight_decay(), options_.momentum(), learning_rate, /*dampening=*/0,
                  options_.nesterov(), /*maximize=*/false, /*is_first_step=*/false);
  first_step_ = false;
}

void Sgd::Save(StateTensors& state) const {
  for (size_t i = 0; i < momentum_.size(); ++i) {
    state.Put(absl::StrCat("sgd.momentum.", i), momentum_[i]);
  }
  state.PutNumber("sgd.has_stepped", int64_t{!first_step_});
}

absl::Status Sgd::Load(StateTensors& state) {
  for (size_t i = 0; i < momentum_.size(); ++i) {
    RETURN_IF_ERROR(state.TakeInto(absl::StrCat("sgd.momentum.", i), momentum_[i]));
  }
  int64_t has_stepped = 0;
  RETURN_IF_ERROR(state.TakeNumber("sgd.has_stepped", has_stepped));
  first_step_ = has_stepped == 0;
  return absl::OkStatus();
}

}  // namespace traind
