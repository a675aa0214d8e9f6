#include "server/torch/train/epoch_state.h"

#include <cstdint>
#include <optional>
#include <string>

#include "server/base/status_macros.h"

namespace traind {
namespace {

void PutBest(const std::string& prefix, const std::optional<double>& best, StateTensors& state) {
  state.PutNumber(prefix + "has_best", int64_t{best.has_value()});
  state.PutNumber(prefix + "best", best.value_or(0));
}

absl::Status TakeBest(const std::string& prefix, StateTensors& state, std::optional<double>& best) {
  int64_t has_best = 0;
  double value = 0;
  RETURN_IF_ERROR(state.TakeNumber(prefix + "has_best", has_best));
  RETURN_IF_ERROR(state.TakeNumber(prefix + "best", value));
  best = has_best != 0 ? std::optional<double>(value) : std::nullopt;
  return absl::OkStatus();
}

}  // namespace

void SaveEpochState(const LearningRate& learning_rate, const EarlyStop& early_stop,
                    StateTensors& state) {
  if (learning_rate.plateau()) {
    const PlateauRate::State& plateau = learning_rate.plateau()->state();
    state.PutNumber("plateau.rate", plateau.rate);
    state.PutNumber("plateau.worse_epochs", plateau.worse_epochs);
    PutBest("plateau.", plateau.best, state);
  }
  if (early_stop.is_needed()) {
    state.PutNumber("early_stop.epoch", early_stop.state().epoch);
    state.PutNumber("early_stop.best_epoch", early_stop.state().best_epoch);
    PutBest("early_stop.", early_stop.state().best, state);
  }
}

absl::Status LoadEpochState(StateTensors& state, LearningRate& learning_rate,
                            EarlyStop& early_stop) {
  if (learning_rate.plateau()) {
    PlateauRate::State plateau;
    RETURN_IF_ERROR(state.TakeNumber("plateau.rate", plateau.rate));
    RETURN_IF_ERROR(state.TakeNumber("plateau.worse_epochs", plateau.worse_epochs));
    RETURN_IF_ERROR(TakeBest("plateau.", state, plateau.best));
    learning_rate.plateau()->set_state(plateau);
  }
  if (early_stop.is_needed()) {
    EarlyStop::State stop;
    RETURN_IF_ERROR(state.TakeNumber("early_stop.epoch", stop.epoch));
    RETURN_IF_ERROR(state.TakeNumber("early_stop.best_epoch", stop.best_epoch));
    RETURN_IF_ERROR(TakeBest("early_stop.", state, stop.best));
    early_stop.set_state(stop);
  }
  return absl::OkStatus();
}

}  // namespace traind
