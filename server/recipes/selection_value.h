#ifndef TRAIND_SERVER_RECIPES_SELECTION_VALUE_H_
#define TRAIND_SERVER_RECIPES_SELECTION_VALUE_H_

#include "absl/strings/string_view.h"
#include "traind/v1/recipe.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Names of the metrics of EpochFinished.metrics that a selection may go by.
inline constexpr char kMeanAbsoluteErrorName[] = "mean_absolute_error";
inline constexpr char kRootMeanSquaredErrorName[] = "root_mean_squared_error";

// What the selection's metric says of an epoch: a share of rows, a loss or an error.
// Not a number when the epoch does not have it.
double SelectionValue(const v1::Selection& selection, const v1::EpochFinished& epoch);

// Of two such values, whether the larger is the better one.
bool LargerIsBetter(const v1::Selection& selection);

// True when `value` is as good as `best` or better.
bool IsAtLeastAsGood(const v1::Selection& selection, double value, double best);

// For people: `accuracy`, `loss`, `mean_absolute_error` or `root_mean_squared_error`.
absl::string_view SelectionName(const v1::Selection& selection);

// True when the recipe's targets are classes, false when they are values.
bool HasClassTargets(const v1::Loss& loss);

// True when rows are right or wrong: of values, only with binary cross entropy.
bool HasAccuracy(const v1::Loss& loss);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_SELECTION_VALUE_H_
