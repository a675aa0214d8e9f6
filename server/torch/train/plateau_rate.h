#ifndef TRAIND_SERVER_TORCH_TRAIN_PLATEAU_RATE_H_
#define TRAIND_SERVER_TORCH_TRAIN_PLATEAU_RATE_H_

#include <cstdint>
#include <optional>

#include "traind/v1/recipe.pb.h"

namespace traind {

// A learning rate that falls when a metric gets no better, as
// torch.optim.lr_scheduler.ReduceLROnPlateau with threshold_mode "rel". Not thread-safe.
class PlateauRate {
 public:
  // What the rate depends on beside the options.
  struct State {
    double rate = 0;
    std::optional<double> best;
    int64_t worse_epochs = 0;  // since the best
  };

  PlateauRate(const v1::Plateau& options, double peak, bool larger_is_better);

  // Takes note of an epoch's value of the metric.
  void Note(double value);

  double rate() const { return state_.rate; }
  const State& state() const { return state_; }
  // Goes on from there.
  void set_state(const State& state) { state_ = state; }

 private:
  bool IsBetter(double value) const;

  const v1::Plateau options_;
  const bool larger_is_better_;
  State state_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_PLATEAU_RATE_H_
