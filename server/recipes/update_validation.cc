#include "server/recipes/update_validation.h"

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/field_checks.h"
#include "server/recipes/recipe_bounds.h"
#include "server/recipes/value_texts.h"

namespace traind {
namespace {

constexpr int32_t kInt32Max = std::numeric_limits<int32_t>::max();

absl::Status ExpectPositive(const std::string& path, double value) {
  return ExpectNumber(path, value, value > 0, kPositive);
}

absl::Status ExpectNotNegative(const std::string& path, double value) {
  return ExpectNumber(path, value, value >= 0, kNotNegative);
}

absl::Status ExpectShareBelowOne(const std::string& path, double value) {
  return ExpectNumber(path, value, value >= 0 && value < 1, kShareBelowOne);
}

absl::Status ExpectOpenShare(const std::string& path, double value) {
  return ExpectNumber(path, value, value > 0 && value < 1, kOpenShare);
}

absl::Status ValidateSgd(const v1::Sgd& sgd) {
  RETURN_IF_ERROR(ExpectPositive("optimizer.sgd.learning_rate", sgd.learning_rate()));
  RETURN_IF_ERROR(ExpectShareBelowOne("optimizer.sgd.momentum", sgd.momentum()));
  if (sgd.nesterov() && sgd.momentum() == 0) {
    return FieldError("optimizer.sgd.nesterov", "optimizer.sgd.momentum > 0 with it", "momentum 0");
  }
  return ExpectNotNegative("optimizer.sgd.weight_decay", sgd.weight_decay());
}

absl::Status ValidateAdam(const std::string& path, const v1::Adam& adam) {
  RETURN_IF_ERROR(ExpectPositive(path + ".learning_rate", adam.learning_rate()));
  RETURN_IF_ERROR(ExpectShareBelowOne(path + ".beta1", adam.beta1()));
  RETURN_IF_ERROR(ExpectShareBelowOne(path + ".beta2", adam.beta2()));
  if (adam.has_epsilon()) RETURN_IF_ERROR(ExpectPositive(path + ".epsilon", adam.epsilon()));
  return ExpectNotNegative(path + ".weight_decay", adam.weight_decay());
}

absl::Status ValidateRmsprop(const v1::Rmsprop& rmsprop) {
  const std::string path = "optimizer.rmsprop";
  RETURN_IF_ERROR(ExpectPositive(path + ".learning_rate", rmsprop.learning_rate()));
  RETURN_IF_ERROR(ExpectShareBelowOne(path + ".alpha", rmsprop.alpha()));
  if (rmsprop.has_epsilon()) RETURN_IF_ERROR(ExpectPositive(path + ".epsilon", rmsprop.epsilon()));
  RETURN_IF_ERROR(ExpectShareBelowOne(path + ".momentum", rmsprop.momentum()));
  return ExpectNotNegative(path + ".weight_decay", rmsprop.weight_decay());
}

absl::Status ValidateOneCycle(const v1::Schedule& schedule) {
  const v1::OneCycle& cycle = schedule.one_cycle();
  if (schedule.warmup_steps() != 0) {
    return FieldError("schedule.warmup_steps", "none with one_cycle, which has its own warm-up",
                      absl::StrCat(schedule.warmup_steps()));
  }
  RETURN_IF_ERROR(ExpectOpenShare("schedule.one_cycle.warmup_fraction", cycle.warmup_fraction()));
  RETURN_IF_ERROR(ExpectNumber("schedule.one_cycle.start_divisor", cycle.start_divisor(),
                               cycle.start_divisor() >= 1, kAtLeastOne));
  return ExpectNumber("schedule.one_cycle.end_divisor", cycle.end_divisor(),
                      cycle.end_divisor() >= 1, kAtLeastOne);
}

absl::Status ValidatePlateau(const v1::Plateau& plateau) {
  RETURN_IF_ERROR(ExpectOpenShare("schedule.plateau.factor", plateau.factor()));
  RETURN_IF_ERROR(ExpectCount("schedule.plateau.patience_epochs", plateau.patience_epochs(), 1,
                              RecipeBounds().epochs_max));
  RETURN_IF_ERROR(
      ExpectShareBelowOne("schedule.plateau.threshold_fraction", plateau.threshold_fraction()));
  return ExpectNotNegative("schedule.plateau.min_learning_rate", plateau.min_learning_rate());
}

absl::Status ValidateEma(const v1::Recipe& recipe) {
  if (!recipe.has_ema()) return absl::OkStatus();
  const v1::Ema& ema = recipe.ema();
  RETURN_IF_ERROR(ExpectOpenShare("ema.decay", ema.decay()));
  if (!ema.has_every_steps()) return absl::OkStatus();
  return ExpectCount("ema.every_steps", ema.every_steps(), 1, kInt32Max);
}

absl::Status ValidateClipping(const v1::Recipe& recipe) {
  if (!recipe.has_gradient_clipping()) return absl::OkStatus();
  const v1::GradientClipping& clipping = recipe.gradient_clipping();
  switch (clipping.kind_case()) {
    case v1::GradientClipping::kMaxNorm:
      return ExpectPositive("gradient_clipping.max_norm", clipping.max_norm());
    case v1::GradientClipping::kMaxValue:
      return ExpectPositive("gradient_clipping.max_value", clipping.max_value());
    case v1::GradientClipping::KIND_NOT_SET:
      break;
  }
  return ExpectKind("gradient_clipping", false, "max_norm, max_value");
}

}  // namespace

absl::Status ValidateOptimizer(const v1::Recipe& recipe) {
  const v1::Optimizer& optimizer = recipe.optimizer();
  switch (optimizer.kind_case()) {
    case v1::Optimizer::kSgd:
      return ValidateSgd(optimizer.sgd());
    case v1::Optimizer::kAdam:
      return ValidateAdam("optimizer.adam", optimizer.adam());
    case v1::Optimizer::kAdamw:
      return ValidateAdam("optimizer.adamw", optimizer.adamw());
    case v1::Optimizer::kRmsprop:
      return ValidateRmsprop(optimizer.rmsprop());
    case v1::Optimizer::KIND_NOT_SET:
      break;
  }
  return ExpectKind("optimizer", false, "sgd, adam, adamw, rmsprop");
}

absl::Status ValidateSchedule(const v1::Recipe& recipe) {
  if (!recipe.has_schedule()) return absl::OkStatus();
  const v1::Schedule& schedule = recipe.schedule();
  RETURN_IF_ERROR(ExpectCount("schedule.warmup_steps", schedule.warmup_steps(), 0,
                              RecipeBounds().warmup_steps_max));
  switch (schedule.kind_case()) {
    case v1::Schedule::kConstant:
      return absl::OkStatus();
    case v1::Schedule::kOneCycle:
      return ValidateOneCycle(schedule);
    case v1::Schedule::kStep:
      RETURN_IF_ERROR(ExpectCount("schedule.step.every_epochs", schedule.step().every_epochs(), 1,
                                  RecipeBounds().epochs_max));
      return ExpectOpenShare("schedule.step.factor", schedule.step().factor());
    case v1::Schedule::kCosine:
      return ExpectShareBelowOne("schedule.cosine.end_fraction", schedule.cosine().end_fraction());
    case v1::Schedule::kPlateau:
      return ValidatePlateau(schedule.plateau());
    case v1::Schedule::KIND_NOT_SET:
      break;
  }
  return ExpectKind("schedule", false, "constant, one_cycle, step, cosine, plateau");
}

absl::Status ValidateUpdates(const v1::Recipe& recipe) {
  RETURN_IF_ERROR(ValidateClipping(recipe));
  if (recipe.has_accumulate_batches()) {
    RETURN_IF_ERROR(ExpectCount("accumulate_batches", recipe.accumulate_batches(), 1, kInt32Max));
  }
  return ValidateEma(recipe);
}

}  // namespace traind
