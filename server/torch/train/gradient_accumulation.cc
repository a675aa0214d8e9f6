#include "server/torch/train/gradient_accumulation.h"

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {

GradientAccumulation::GradientAccumulation(int64_t batch_count,
                                           const std::vector<at::Tensor>& parameters)
    : batch_count_(batch_count) {
  if (!is_needed() || parameters.empty()) return;
  for (const at::Tensor& parameter : parameters) sums_.push_back(at::zeros_like(parameter));
  weight_sum_ = at::zeros({}, parameters[0].options().dtype(at::kDouble));
}

std::optional<std::vector<at::Tensor>> GradientAccumulation::Add(
    const std::vector<at::Tensor>& gradients, const at::Tensor& weight, bool is_last) {
  if (sums_.empty()) return gradients;
  const at::NoGradGuard no_grad;
  at::_foreach_add_(sums_, at::_foreach_mul(gradients, weight.to(gradients[0].scalar_type())));
  weight_sum_.add_(weight);
  if (++held_count_ < batch_count_ && !is_last) return std::nullopt;
  const at::Tensor share = weight_sum_.reciprocal().to(sums_[0].scalar_type());
  std::vector<at::Tensor> means = at::_foreach_mul(sums_, share);
  at::_foreach_zero_(sums_);
  weight_sum_.zero_();
  held_count_ = 0;
  return means;
}

void GradientAccumulation::Save(StateTensors& state) const {
  if (sums_.empty()) return;
  for (size_t i = 0; i < sums_.size(); ++i) state.Put(absl::StrCat("held.gradient.", i), sums_[i]);
  state.Put("held.weight", weight_sum_);
  state.PutNumber("held.batch_count", held_count_);
}

absl::Status GradientAccumulation::Load(StateTensors& state) {
  if (sums_.empty()) return absl::OkStatus();
  for (size_t i = 0; i < sums_.size(); ++i) {
    RETURN_IF_ERROR(state.TakeInto(absl::StrCat("held.gradient.", i), sums_[i]));
  }
  RETURN_IF_ERROR(state.TakeInto("held.weight", weight_sum_));
  return state.TakeNumber("held.batch_count", held_count_);
}

}  // namespace traind
