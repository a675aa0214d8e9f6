#include "server/torch/train/inline_rows.h"

#include <cstring>
#include <vector>

#include "server/recipes/row_shape.h"
#include "server/recipes/selection_value.h"

namespace traind {

Split SplitOfRows(const v1::Recipe& recipe) {
  const auto& rows = recipe.data().rows();
  const bool classes = HasClassTargets(recipe.loss());
  Split split;
  split.shape.row_count = rows.size();
  split.shape.row_shape = RowShape(recipe.network().input());
  split.shape.element_type = ElementType::kFloat64;
  split.shape.target_count = classes ? 0 : rows[0].targets_size();
  std::vector<double> values;
  for (const v1::InlineRow& row : rows) {
    values.insert(values.end(), row.inputs().begin(), row.inputs().end());
    if (classes) {
      split.labels.push_back(static_cast<int64_t>(row.targets(0)));
    } else {
      split.targets.insert(split.targets.end(), row.targets().begin(), row.targets().end());
    }
  }
  split.values.resize(values.size() * sizeof(double));
  std::memcpy(split.values.data(), values.data(), split.values.size());
  return split;
}

}  // namespace traind
