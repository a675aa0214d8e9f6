#ifndef TRAIND_SERVER_TORCH_TRAIN_LEARNING_RATE_H_
#define TRAIND_SERVER_TORCH_TRAIN_LEARNING_RATE_H_

#include <cstdint>

#include "traind/v1/recipe.pb.h"

namespace traind {

// The learning rate of every step of a run: a pure function of the step.
class LearningRate {
 public:
  // `step_count` is the number of steps of the whole run, at least 1. The recipe
  // must be valid.
  LearningRate(const v1::Recipe& recipe, int64_t step_count);

  // The rate of step 1, 2, 3… up to step_count.
  double At(int64_t step) const;

 private:
  double OneCycleAt(int64_t step) const;

  v1::Schedule schedule_;
  double peak_;
  int64_t step_count_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_LEARNING_RATE_H_
