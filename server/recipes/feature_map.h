#ifndef TRAIND_SERVER_RECIPES_FEATURE_MAP_H_
#define TRAIND_SERVER_RECIPES_FEATURE_MAP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "traind/v1/recipe.pb.h"

namespace traind {

// What flows between two layers, for one row.
struct FeatureMap {
  // [C, H, W] of an image, [C, L] of a sequence, or [F].
  std::vector<int64_t> shape;
  // Side of the square of input pixels, or stretch of a sequence, that one value sees;
  // 0 for all of them.
  int64_t receptive_field = 1;
  // Distance in input pixels between the centres of two neighbours.
  int64_t jump = 1;
  // Places of the map that `shape` was flattened from; 1 for one that was not.
  int64_t flattened_places = 1;
  // Whether a layer before has left no places.
  bool is_flattened = false;

  // Of one row; saturates.
  int64_t value_count() const;
  // Places of each channel; 1 without any. Saturates.
  int64_t place_count() const;
};

// Values of one row.
int64_t InputValueCount(const v1::InputShape& input);

// What comes into the first layer. INVALID_ARGUMENT when it is neither an image nor a
// sequence nor a vector, or a size is out of range.
absl::StatusOr<FeatureMap> InputMap(const v1::Network& network);

// "[16, 3, 3]".
std::string ShapeText(absl::Span<const int64_t> shape);

}  // namespace traind

#endif  // TRAIND_SERVER_RECIPES_FEATURE_MAP_H_
