#ifndef TRAIND_SERVER_TORCH_INFER_PADDED_ROWS_H_
#define TRAIND_SERVER_TORCH_INFER_PADDED_ROWS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace traind {

// Batch sizes that a device has recorded launches for; others are padded up.
inline constexpr std::array<int64_t, 7> kRecordedSizes = {1, 2, 4, 8, 16, 32, 64};
inline constexpr int64_t kRecordedRowsMax = kRecordedSizes.back();

// Index in kRecordedSizes of the smallest one that `row_count`, 1 to kRecordedRowsMax,
// fits into.
size_t RecordedSizeIndex(int64_t row_count);

// Rows that are computed by one launch.
struct RowPiece {
  int64_t first = 0;
  int64_t count = 0;
};

// `row_count` rows in pieces of at most kRecordedRowsMax.
std::vector<RowPiece> SplitRows(int64_t row_count);

// Copies bytes first … first + target.size() - padding of all inputs, seen one after the
// other, to the target; its last `padding` bytes become 0.
void GatherBytes(absl::Span<const absl::string_view> inputs, size_t first, size_t padding,
                 absl::Span<char> target);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_INFER_PADDED_ROWS_H_
