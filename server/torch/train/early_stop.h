#ifndef TRAIND_SERVER_TORCH_TRAIN_EARLY_STOP_H_
#define TRAIND_SERVER_TORCH_TRAIN_EARLY_STOP_H_

#include <cstdint>
#include <optional>
#include <string>

#include "traind/v1/recipe.pb.h"

namespace traind {

// Whether a training that gets no better shall end. Not thread-safe.
class EarlyStop {
 public:
  struct State {
    std::optional<double> best;
    int64_t best_epoch = 0;
    int64_t epoch = 0;  // the newest one
  };

  // By the recipe's early_stopping, if it has one, and its selection.
  explicit EarlyStop(const v1::Recipe& recipe);

  // Takes note of the next epoch's value of the selection's metric.
  void Note(int64_t epoch, double value);

  // True once more than patience_epochs epochs have not beaten the best by min_change.
  bool IsDue() const;
  // For people: what it has seen, when it is due.
  std::string Reason() const;

  bool is_needed() const { return options_.has_value(); }
  const State& state() const { return state_; }
  // Goes on from there.
  void set_state(const State& state) { state_ = state; }

 private:
  const std::optional<v1::EarlyStopping> options_;
  const v1::Selection selection_;
  State state_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_EARLY_STOP_H_
