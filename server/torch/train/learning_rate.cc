#include "server/torch/train/learning_rate.h"

#include <cmath>
#include <numbers>

namespace traind {
namespace {

// Half a cosine from `from` at progress 0 to `to` at progress 1.
double Anneal(double from, double to, double progress) {
  return to + (from - to) / 2 * (1 + std::cos(std::numbers::pi * progress));
}

}  // namespace

LearningRate::LearningRate(const v1::Recipe& recipe, int64_t step_count)
    : schedule_(recipe.schedule()),
      peak_(recipe.optimizer().sgd().learning_rate()),
      step_count_(step_count) {}

double LearningRate::At(int64_t step) const {
  return schedule_.has_one_cycle() ? OneCycleAt(step) : peak_;
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

}  // namespace traind
