#ifndef TRAIND_BENCH_PREDICT_INPUT_ROWS_H_
#define TRAIND_BENCH_PREDICT_INPUT_ROWS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace traind {

// What requests carry: one string of little-endian float32 for each, all different, so
// that a cache anywhere would have nothing to answer from.

// The test images of MNIST in `folder` (raw IDX), as pixel/255. NOT_FOUND without the
// file, DATA_LOSS when it is not a whole one.
absl::StatusOr<std::vector<std::string>> MnistRows(const std::string& folder);

// `count` rows of numbers from 0 to 1, the same in each run.
std::vector<std::string> RandomRows(int count, int64_t elements);

}  // namespace traind

#endif  // TRAIND_BENCH_PREDICT_INPUT_ROWS_H_
