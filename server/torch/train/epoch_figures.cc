#include "server/torch/train/epoch_figures.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {

EpochFigures::EpochFigures(int64_t step_count, at::Device device, at::ScalarType type)
    : device_losses_(at::zeros({step_count}, at::TensorOptions().dtype(type).device(device))),
      correct_count_(at::zeros({}, at::TensorOptions().dtype(at::kLong).device(device))) {
  losses_.reserve(step_count);
  row_counts_.reserve(step_count);
}

void EpochFigures::Record(const StepResult& result, int64_t row_count) {
  device_losses_.select(0, static_cast<int64_t>(row_counts_.size())).copy_(result.loss);
  correct_count_.add_(result.correct_count);
  row_counts_.push_back(row_count);
}

void EpochFigures::Restart() {
  correct_count_.zero_();
  losses_.clear();
  row_counts_.clear();
}

void EpochFigures::Expect(int64_t step_count, int64_t row_count) {
  row_counts_.insert(row_counts_.end(), step_count, row_count);
}

std::optional<int64_t> EpochFigures::Fetch() {
  const int64_t first = static_cast<int64_t>(losses_.size());
  const int64_t count = static_cast<int64_t>(row_counts_.size()) - first;
  if (count == 0) return std::nullopt;
  const at::Tensor fetched = device_losses_.narrow(0, first, count).to(at::kCPU, at::kDouble);
  const double* values = fetched.const_data_ptr<double>();
  losses_.insert(losses_.end(), values, values + count);
  for (int64_t i = first; i < first + count; ++i) {
    if (!std::isfinite(losses_[i])) return i;
  }
  return std::nullopt;
}

void EpochFigures::Describe(v1::EpochFinished& epoch) const {
  double loss_sum = 0;
  int64_t row_count = 0;
  for (size_t i = 0; i < losses_.size(); ++i) {
    loss_sum += losses_[i] * static_cast<double>(row_counts_[i]);
    row_count += row_counts_[i];
  }
  epoch.set_step_count(static_cast<int64_t>(losses_.size()));
  epoch.set_last_loss(losses_.empty() ? 0 : static_cast<float>(losses_.back()));
  epoch.set_train_loss(row_count > 0 ? loss_sum / static_cast<double>(row_count) : 0);
  epoch.set_train_correct_count(correct_count_.item<int64_t>());
  epoch.set_train_sample_count(row_count);
}

void EpochFigures::Save(StateTensors& state) const {
  const int64_t count = static_cast<int64_t>(row_counts_.size());
  state.Put("epoch.losses", device_losses_.narrow(0, 0, count));
  state.Put("epoch.row_counts", at::tensor(row_counts_, at::TensorOptions().dtype(at::kLong)));
  state.Put("epoch.correct_count", correct_count_);
}

absl::Status EpochFigures::Load(StateTensors& state) {
  ASSIGN_OR_RETURN(const at::Tensor row_counts, state.Take("epoch.row_counts"));
  const int64_t count = row_counts.numel();
  if (row_counts.scalar_type() != at::kLong || count > device_losses_.numel()) {
    return absl::DataLossError(absl::StrCat("epoch.row_counts: expected at most ",
                                            device_losses_.numel(), " numbers, got ", count));
  }
  RETURN_IF_ERROR(state.TakeInto("epoch.losses", device_losses_.narrow(0, 0, count)));
  RETURN_IF_ERROR(state.TakeInto("epoch.correct_count", correct_count_));
  const int64_t* values = row_counts.const_data_ptr<int64_t>();
  row_counts_.assign(values, values + count);
  Fetch();
  return absl::OkStatus();
}

}  // namespace traind
