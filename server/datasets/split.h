#ifndef TRAIND_SERVER_DATASETS_SPLIT_H_
#define TRAIND_SERVER_DATASETS_SPLIT_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace traind {

// What a row is made of.
enum class ElementType {
  kUint8,    // pixels, which networks see as pixel/255
  kFloat32,  // numbers, which networks see as they are
  kFloat64,
};

// Bytes of one value.
int64_t ElementBytes(ElementType type);

// Sizes of a split.
struct SplitShape {
  int64_t row_count = 0;
  // Of one row: [C, H, W] for images, [C, L] for sequences, [F] for features.
  std::vector<int64_t> row_shape;
  ElementType element_type = ElementType::kUint8;
  // Numbers to predict for each row; 0: a class instead.
  int64_t target_count = 0;
  // Every label is below it; 0 when that is not known without reading, or with targets.
  int64_t class_count = 0;

  // Values of one row.
  int64_t row_values() const;
};

// A whole split in memory. With targets it has no labels, and the other way round.
struct Split {
  SplitShape shape;
  std::vector<uint8_t> values;  // [N, …] of the element type, row-major, as in memory
  std::vector<int64_t> labels;  // [N], the class of each row
  std::vector<double> targets;  // [N, T]

  // The bytes of one row.
  absl::Span<const uint8_t> row(int64_t index) const;
};

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_SPLIT_H_
