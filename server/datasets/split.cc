#include "server/datasets/split.h"

namespace traind {

int64_t ElementBytes(ElementType type) {
  switch (type) {
    case ElementType::kUint8:
      return 1;
    case ElementType::kFloat32:
      return 4;
    case ElementType::kFloat64:
      return 8;
  }
  return 1;
}

int64_t SplitShape::row_values() const {
  int64_t values = 1;
  for (const int64_t size : row_shape) values *= size;
  return values;
}

absl::Span<const uint8_t> Split::row(int64_t index) const {
  const int64_t bytes = shape.row_values() * ElementBytes(shape.element_type);
  return absl::MakeConstSpan(values).subspan(index * bytes, bytes);
}

}  // namespace traind
