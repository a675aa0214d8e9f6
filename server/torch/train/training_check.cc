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

namespace traind {
namespace {

absl::Status CheckSplit(const v1::InputShape& input, const Split& split, absl::string_view dataset,
                        absl::string_view name, int64_t class_count) {
  const std::string where = absl::StrCat("split ", dataset, ":", name);
  const SplitShape& shape = split.shape;
  if (shape.row_count == 0) return absl::InvalidArgumentError(absl::StrCat(where, " has no rows"));
  const std::vector<int64_t> row_shape = RowShape(input);
  if (shape.row_shape != row_shape) {
    return absl::InvalidArgumentError(absl::StrCat(
        where, ": network.input expects rows of [", absl::StrJoin(row_shape, ", "), "], got [",
        absl::StrJoin(shape.row_shape, ", "), "]; change network.input or data.dataset"));
  }
  const int64_t largest = *std::max_element(split.labels.begin(), split.labels.end());
  if (largest >= class_count) {
    return absl::InvalidArgumentError(absl::StrCat(where, ": expected labels below ", class_count,
                                                   ", the network's number of outputs, got ",
                                                   largest, "; make the last layer larger"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckDataFits(const v1::Recipe& recipe, const Split& train_split,
                           const Split& eval_split, int64_t class_count) {
  const v1::Data& data = recipe.data();
  const v1::InputShape& input = recipe.network().input();
  RETURN_IF_ERROR(CheckSplit(input, train_split, data.dataset(), data.train_split(), class_count));
  RETURN_IF_ERROR(CheckSplit(input, eval_split, data.dataset(), data.eval_split(), class_count));
  if (recipe.batch_size() < 1 || recipe.batch_size() > train_split.shape.row_count) {
    return absl::InvalidArgumentError(absl::StrCat(
        "batch_size: expected 1 to ", train_split.shape.row_count, ", the rows of split ",
        data.dataset(), ":", data.train_split(), ", got ", recipe.batch_size()));
  }
  return absl::OkStatus();
}

}  // namespace traind
