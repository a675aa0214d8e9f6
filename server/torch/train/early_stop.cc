#include "server/torch/train/early_stop.h"

#include "absl/strings/str_cat.h"
#include "server/recipes/selection_value.h"

namespace traind {
namespace {

std::optional<v1::EarlyStopping> StopOptionsOf(const v1::Recipe& recipe) {
  if (!recipe.has_early_stopping()) return std::nullopt;
  return recipe.early_stopping();
}

}  // namespace

EarlyStop::EarlyStop(const v1::Recipe& recipe)
    : options_(StopOptionsOf(recipe)), selection_(recipe.selection()) {}

void EarlyStop::Note(int64_t epoch, double value) {
  if (!is_needed()) return;
  state_.epoch = epoch;
  const double gain = !state_.best                 ? 0
                      : LargerIsBetter(selection_) ? value - *state_.best
                                                   : *state_.best - value;
  if (state_.best && !(gain > options_->min_change())) return;
  state_.best = value;
  state_.best_epoch = epoch;
}

bool EarlyStop::IsDue() const {
  return is_needed() && state_.epoch - state_.best_epoch > options_->patience_epochs();
}

std::string EarlyStop::Reason() const {
  const double min_change = options_->min_change();
  return absl::StrCat("stopped early after epoch ", state_.epoch, ": ", SelectionName(selection_),
                      " has not been better than the ", state_.best.value_or(0), " of epoch ",
                      state_.best_epoch, min_change > 0 ? absl::StrCat(" by ", min_change) : "",
                      " for ", state_.epoch - state_.best_epoch,
                      " epochs (early_stopping.patience_epochs: ", options_->patience_epochs(),
                      ")");
}

}  // namespace traind
