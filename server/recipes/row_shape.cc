#include "server/recipes/row_shape.h"

namespace traind {

std::vector<int64_t> RowShape(const v1::InputShape& input) {
  if (input.features() > 0) return {input.features()};
  if (input.length() > 0) return {input.channels(), input.length()};
  return {input.channels(), input.height(), input.width()};
}

}  // namespace traind
