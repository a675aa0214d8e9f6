#include "server/torch/train/training_check.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "server/base/status_macros.h"
#include "server/recipes/row_shape.h"
#include "server/recipes/selection_value.h"
#include "server/recipes/target_check.h"

namespace traind {
namespace {

std::string NameOf(const v1::Data& data, absl::string_view split) {
  return data.rows().empty() ? absl::StrCat("split ", data.dataset(), ":", split) : "data.rows";
}

absl::Status CheckValues(const std::string& where, const v1::Loss& loss, const Split& split) {
  if (!loss.has_binary_cross_entropy()) return absl::OkStatus();
  for (const double target : split.targets) {
    if (target >= 0 && target <= 1) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        where, ": expected targets from 0 to 1 for binary_cross_entropy, got ", target));
  }
  return absl::OkStatus();
}

absl::Status CheckLabels(const std::string& where, const v1::Loss& loss, const Split& split,
                         int64_t output_count) {
  const int64_t largest = *std::max_element(split.labels.begin(), split.labels.end());
  if (!HasClassTargets(loss) && largest >= 2) {
    return absl::InvalidArgumentError(
        absl::StrCat(where, ": expected labels 0 and 1 for binary_cross_entropy, got ", largest));
  }
  if (HasClassTargets(loss) && largest >= output_count) {
    return absl::InvalidArgumentError(absl::StrCat(where, ": expected labels below ", output_count,
                                                   ", the network's number of outputs, got ",
                                                   largest, "; make the last layer larger"));
  }
  return absl::OkStatus();
}

absl::Status CheckSplit(const v1::Recipe& recipe, const Split& split, const std::string& where,
                        int64_t output_count) {
  const SplitShape& shape = split.shape;
  if (shape.row_count == 0) return absl::InvalidArgumentError(absl::StrCat(where, " has no rows"));
  const std::vector<int64_t> row_shape = RowShape(recipe.network().input());
  if (shape.row_shape != row_shape) {
    return absl::InvalidArgumentError(absl::StrCat(
        where, ": network.input expects rows of [", absl::StrJoin(row_shape, ", "), "], got [",
        absl::StrJoin(shape.row_shape, ", "), "]; change network.input or data.dataset"));
  }
  const absl::Status fits = CheckTargets(recipe.loss(), output_count, {shape.target_count, 0});
  if (!fits.ok()) return absl::InvalidArgumentError(absl::StrCat(where, ": ", fits.message()));
  if (shape.target_count > 0) return CheckValues(where, recipe.loss(), split);
  return CheckLabels(where, recipe.loss(), split, output_count);
}

}  // namespace

absl::Status CheckDataFits(const v1::Recipe& recipe, const Split& train_split,
                           const Split& eval_split, int64_t output_count) {
  const v1::Data& data = recipe.data();
  RETURN_IF_ERROR(CheckSplit(recipe, train_split, NameOf(data, data.train_split()), output_count));
  RETURN_IF_ERROR(CheckSplit(recipe, eval_split, NameOf(data, data.eval_split()), output_count));
  if (recipe.batch_size() < 1 || recipe.batch_size() > train_split.shape.row_count) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch_size: expected 1 to ", train_split.shape.row_count, ", the rows of ",
                     NameOf(data, data.train_split()), ", got ", recipe.batch_size()));
  }
  return absl::OkStatus();
}

}  // namespace traind
