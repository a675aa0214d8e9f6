#include "server/torch/train/adam.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/torch/train/gradient_layout.h"

namespace traind {

Adam::Adam(const v1::Adam& options, WeightDecay decay, std::vector<at::Tensor> parameters)
    : beta1_(options.has_beta1() ? options.beta1() : 0.9),
      beta2_(options.has_beta2() ? options.beta2() : 0.999),
      epsilon_(options.has_epsilon() ? options.epsilon() : 1e-8),
      weight_decay_(options.weight_decay()),
      decay_(decay),
      parameters_(std::move(parameters)) {
  for (const at::Tensor& parameter : parameters_) {
    means_.push_back(at::zeros_like(parameter));
    squares_.push_back(at::zeros_like(parameter));
    update_counts_.push_back(at::zeros({}, parameter.options().dtype(at::kFloat)));
  }
}

void Adam::Step(const std::vector<at::Tensor>& gradients, double learning_rate) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> laid_out = LaidOutAs(parameters_, gradients);
  at::_foreach_add_(update_counts_, 1);
  if (decay_ == WeightDecay::kGradient) {
    at::_fused_adam_(parameters_, laid_out, means_, squares_, /*max_exp_avg_sqs=*/{},
                     update_counts_, learning_rate, beta1_, beta2_, weight_decay_, epsilon_,
                     /*amsgrad=*/false, /*maximize=*/false);
  } else {
    at::_fused_adamw_(parameters_, laid_out, means_, squares_, /*max_exp_avg_sqs=*/{},
                      update_counts_, learning_rate, beta1_, beta2_, weight_decay_, epsilon_,
                      /*amsgrad=*/false, /*maximize=*/false);
  }
}

void Adam::Save(StateTensors& state) const {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    state.Put(absl::StrCat("adam.mean.", i), means_[i]);
    state.Put(absl::StrCat("adam.square.", i), squares_[i]);
    state.Put(absl::StrCat("adam.update_count.", i), update_counts_[i]);
  }
}

absl::Status Adam::Load(StateTensors& state) {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    RETURN_IF_ERROR(state.TakeInto(absl::StrCat("adam.mean.", i), means_[i]));
    RETURN_IF_ERROR(state.TakeInto(absl::StrCat("adam.square.", i), squares_[i]));
    RETURN_IF_ERROR(state.TakeInto(absl::StrCat("adam.update_count.", i), update_counts_[i]));
  }
  return absl::OkStatus();
}

}  // namespace traind
