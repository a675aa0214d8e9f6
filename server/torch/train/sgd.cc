#include "server/torch/train/sgd.h"

#include <utility>

namespace traind {

Sgd::Sgd(const v1::Sgd& options, std::vector<at::Tensor> parameters)
    : options_(options), parameters_(std::move(parameters)) {
  if (options_.momentum() == 0) return;
  for (const at::Tensor& parameter : parameters_) momentum_.push_back(at::zeros_like(parameter));
}

void Sgd::Step(const std::vector<at::Tensor>& gradients, double learning_rate) {
  const at::NoGradGuard no_grad;
  at::_fused_sgd_(parameters_, gradients, momentum_, options_.weight_decay(), options_.momentum(),
                  learning_rate, /*dampening=*/0, options_.nesterov(), /*maximize=*/false,
                  first_step_);
  first_step_ = false;
}

}  // namespace traind
