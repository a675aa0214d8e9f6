#ifndef TRAIND_SERVER_DATASETS_STORED_SPLIT_H_
#define TRAIND_SERVER_DATASETS_STORED_SPLIT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/datasets/split.h"

namespace traind {

// A split as it lies on disk: a safetensors file with the tensors `x`, U8, F32 or F64
// [N, …], and `y`, I64 [N] for classes or F64 [N, T] for targets.

absl::StatusOr<std::string> EncodeSplit(const Split& split);

// DATA_LOSS for a file that is not such a one. class_count is left 0.
absl::StatusOr<Split> DecodeSplit(absl::string_view file);

// Only these rows, in this order, without looking at the others.
// OUT_OF_RANGE for a row that is not there.
absl::StatusOr<Split> DecodeRows(absl::string_view file, absl::Span<const int64_t> rows);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_STORED_SPLIT_H_
