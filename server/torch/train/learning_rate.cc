#include "server/torch/train/learning_rate.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "server/recipes/selection_value.h"

namespace traind {
namespace {

// Half a cosine from `from` at progress 0 to `to` at progress 1.
double Anneal(double from, double to, double progress) {
  return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * progress));
}

}  // namespace

LearningRate::LearningRate(const v1::Recipe& recipe, int64_t step_count)
    : schedule_(recipe.schedule()),
      peak_(PeakLearningRate(recipe.optimizer())),
      step_count_(step_count),
      epoch_steps_(std::max<int64_t>(step_count / std::max(recipe.epoch_count(), 1), 1)) {
  if (!schedule_.has_plateau()) return;
  plateau_.emplace(schedule_.plateau(), peak_, LargerIsBetter(recipe.selection()));
}

double LearningRate::At(int64_t step) const {
  if (schedule_.has_one_cycle()) return OneCycleAt(step);
  const int64_t warmup = schedule_.warmup_steps();
  const double rate = BaseAt(step);
  if (step >= warmup) return rate;
  return rate * static_cast<double>(step) / static_cast<double>(warmup);
}

void LearningRate::Note(double value) {
  if (plateau_) plateau_->Note(value);
}

double LearningRate::BaseAt(int64_t step) const {
  switch (schedule_.kind_case()) {
    case v1::Schedule::kStep:
      return StepScheduleAt(step);
    case v1::Schedule::kCosine:
      return CosineAt(step);
    case v1::Schedule::kPlateau:
      return plateau_->rate();
    default:
      return peak_;
  }
}

double LearningRate::StepScheduleAt(int64_t step) const {
  const int64_t falls = (step - 1) / epoch_steps_ / schedule_.step().every_epochs();
  return peak_ * std::pow(schedule_.step().factor(), static_cast<double>(falls));
}

// The peak at the last step of the warm-up, or without one at step 1.
double LearningRate::CosineAt(int64_t step) const {
  const int64_t first = std::max<int64_t>(schedule_.warmup_steps(), 1);
  if (step <= first) return peak_;
  const double progress =
      static_cast<double>(step - first) / static_cast<double>(step_count_ - first);
  return Anneal(peak_, peak_ * schedule_.cosine().end_fraction(), progress);
}

// As torch.optim.lr_scheduler.OneCycleLR(anneal_strategy="cos", three_phase=False),
// whose last warm-up step is the fraction of all steps, less one, counted from 0,
// and need not be whole.
double LearningRate::OneCycleAt(int64_t step) const {
  const v1::OneCycle& cycle = schedule_.one_cycle();
  const double index = static_cast<double>(step - 1);
  const double warmup_end = cycle.warmup_fraction() * static_cast<double>(step_count_) - 1;
  const double end = static_cast<double>(step_count_ - 1);
  if (index <= warmup_end) {
    const double progress = warmup_end > 0 ? index / warmup_end : 1;
    return Anneal(peak_ / cycle.start_divisor(), peak_, progress);
  }
  return Anneal(peak_, peak_ / cycle.end_divisor(), (index - warmup_end) / (end - warmup_end));
}

double PeakLearningRate(const v1::Optimizer& optimizer) {
  switch (optimizer.kind_case()) {
    case v1::Optimizer::kAdam:
      return optimizer.adam().learning_rate();
    case v1::Optimizer::kAdamw:
      return optimizer.adamw().learning_rate();
    case v1::Optimizer::kRmsprop:
      return optimizer.rmsprop().learning_rate();
    case v1::Optimizer::kSgd:
    case v1::Optimizer::KIND_NOT_SET:
      break;
  }
  return optimizer.sgd().learning_rate();
}

std::string LearningRateField(const v1::Optimizer& optimizer) {
  const auto* kind = optimizer.GetReflection()->GetOneofFieldDescriptor(
      optimizer, v1::Optimizer::descriptor()->FindOneofByName("kind"));
  return absl::StrCat("optimizer.", kind == nullptr ? "sgd" : kind->name(), ".learning_rate");
}

}  // namespace traind
