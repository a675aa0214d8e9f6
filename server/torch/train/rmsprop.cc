#include "server/torch/train/rmsprop.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

std::vector<at::Tensor> ZerosLike(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> zeros;
  for (const at::Tensor& tensor : tensors) zeros.push_back(at::zeros_like(tensor));
  return zeros;
}

void PutAll(const char* name, const std::vector<at::Tensor>& tensors, StateTensors& state) {
  for (size_t i = 0; i < tensors.size(); ++i) state.Put(absl::StrCat(name, i), tensors[i]);
}

absl::Status TakeAll(const char* name, StateTensors& state,
                     const std::vector<at::Tensor>& tensors) {
  for (size_t i = 0; i < tensors.size(); ++i) {
    RETURN_IF_ERROR(state.TakeInto(absl::StrCat(name, i), tensors[i]));
  }
  return absl::OkStatus();
}

}  // namespace

Rmsprop::Rmsprop(const v1::Rmsprop& options, std::vector<at::Tensor> parameters)
    : options_(options),
      alpha_(options.has_alpha() ? options.alpha() : 0.99),
      epsilon_(options.has_epsilon() ? options.epsilon() : 1e-8),
      parameters_(std::move(parameters)),
      squares_(ZerosLike(parameters_)) {
  if (options_.centered()) means_ = ZerosLike(parameters_);
  if (options_.momentum() > 0) momentum_ = ZerosLike(parameters_);
}

void Rmsprop::Step(const std::vector<at::Tensor>& given, double learning_rate) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients = given;
  if (options_.weight_decay() > 0) {
    gradients = at::_foreach_add(gradients, parameters_, options_.weight_decay());
  }
  at::_foreach_mul_(squares_, alpha_);
  at::_foreach_addcmul_(squares_, gradients, gradients, 1 - alpha_);
  std::vector<at::Tensor> deviations;
  if (options_.centered()) {
    at::_foreach_lerp_(means_, gradients, 1 - alpha_);
    deviations = at::_foreach_addcmul(squares_, means_, means_, -1);
    at::_foreach_sqrt_(deviations);
  } else {
    deviations = at::_foreach_sqrt(squares_);
  }
  at::_foreach_add_(deviations, epsilon_);
  if (options_.momentum() == 0) {
    at::_foreach_addcdiv_(parameters_, gradients, deviations, -learning_rate);
    return;
  }
  at::_foreach_mul_(momentum_, options_.momentum());
  at::_foreach_addcdiv_(momentum_, gradients, deviations);
  at::_foreach_add_(parameters_, momentum_, -learning_rate);
}

void Rmsprop::Save(StateTensors& state) const {
  PutAll("rmsprop.square.", squares_, state);
  PutAll("rmsprop.mean.", means_, state);
  PutAll("rmsprop.momentum.", momentum_, state);
}

absl::Status Rmsprop::Load(StateTensors& state) {
  RETURN_IF_ERROR(TakeAll("rmsprop.square.", state, squares_));
  RETURN_IF_ERROR(TakeAll("rmsprop.mean.", state, means_));
  return TakeAll("rmsprop.momentum.", state, momentum_);
}

}  // namespace traind
