#ifndef TRAIND_CLIENT_TRAINCTL_INDEX_LIST_H_
#define TRAIND_CLIENT_TRAINCTL_INDEX_LIST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace traind {

// Reads rows such as `3`, `1,5,7` or `0..9` (both ends included), in that order.
// INVALID_ARGUMENT for anything else, and for more than `count_max` rows.
absl::StatusOr<std::vector<int64_t>> ParseIndexList(const std::string& text, int count_max);

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_INDEX_LIST_H_
