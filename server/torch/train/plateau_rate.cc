#include "server/torch/train/plateau_rate.h"

#include <algorithm>

namespace traind {
namespace {

// A fall by less is none: ReduceLROnPlateau's `eps`.
constexpr double kSmallestFall = 1e-8;
constexpr double kDefaultThreshold = 1e-4;

}  // namespace

PlateauRate::PlateauRate(const v1::Plateau& options, double peak, bool larger_is_better)
    : options_(options), larger_is_better_(larger_is_better) {
  state_.rate = peak;
}

void PlateauRate::Note(double value) {
  if (IsBetter(value)) {
    state_.best = value;
    state_.worse_epochs = 0;
    return;
  }
  if (++state_.worse_epochs <= options_.patience_epochs()) return;
  state_.worse_epochs = 0;
  const double lower = std::max(state_.rate * options_.factor(), options_.min_learning_rate());
  if (state_.rate - lower > kSmallestFall) state_.rate = lower;
}

bool PlateauRate::IsBetter(double value) const {
  if (!state_.best) return true;
  const double threshold =
      options_.has_threshold_fraction() ? options_.threshold_fraction() : kDefaultThreshold;
  return larger_is_better_ ? value > *state_.best * (1 + threshold)
                           : value < *state_.best * (1 - threshold);
}

}  // namespace traind
