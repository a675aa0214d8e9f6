#ifndef TRAIND_SERVER_TORCH_TRAIN_LEARNING_RATE_H_
#define TRAIND_SERVER_TORCH_TRAIN_LEARNING_RATE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "server/torch/train/plateau_rate.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// The learning rate of every step of a run: a function of the step and, with a plateau,
// of the epochs before. Not thread-safe.
class LearningRate {
 public:
  // `step_count` is the number of steps of the whole run, at least 1. The recipe
  // must be valid.
  LearningRate(const v1::Recipe& recipe, int64_t step_count);

  // The rate of step 1, 2, 3… up to step_count; with a plateau, of an epoch's steps
  // before that epoch is noted.
  double At(int64_t step) const;

  // Takes note of a finished epoch's value of the selection's metric.
  void Note(double value);

  // What epochs have made of it; absent where they have no part in it.
  std::optional<PlateauRate>& plateau() { return plateau_; }
  const std::optional<PlateauRate>& plateau() const { return plateau_; }

 private:
  // Of a schedule that a warm-up may come before, as if there were none.
  double BaseAt(int64_t step) const;
  double OneCycleAt(int64_t step) const;
  double StepScheduleAt(int64_t step) const;
  double CosineAt(int64_t step) const;

  v1::Schedule schedule_;
  double peak_;
  int64_t step_count_;
  int64_t epoch_steps_;
  std::optional<PlateauRate> plateau_;
};

// The optimizer's own rate, and the path of its field: `optimizer.sgd.learning_rate`.
double PeakLearningRate(const v1::Optimizer& optimizer);
std::string LearningRateField(const v1::Optimizer& optimizer);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_LEARNING_RATE_H_
