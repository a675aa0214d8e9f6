#include "server/torch/infer/padded_rows.h"

#include <algorithm>
#include <cstring>

namespace traind {

size_t RecordedSizeIndex(int64_t row_count) {
  return static_cast<size_t>(
      std::lower_bound(kRecordedSizes.begin(), kRecordedSizes.end() - 1, row_count) -
      kRecordedSizes.begin());
}

std::vector<RowPiece> SplitRows(int64_t row_count) {
  std::vector<RowPiece> pieces;
  for (int64_t first = 0; first < row_count; first += kRecordedRowsMax) {
    pieces.push_back({first, std::min(kRecordedRowsMax, row_count - first)});
  }
  return pieces;
}

void GatherBytes(absl::Span<const absl::string_view> inputs, size_t first, size_t padding,
                 absl::Span<char> target) {
  size_t left = target.size() - padding;
  size_t written = 0;
  for (const absl::string_view input : inputs) {
    if (left == 0) break;
    if (first >= input.size()) {
      first -= input.size();
      continue;
    }
    const size_t count = std::min(left, input.size() - first);
    std::memcpy(target.data() + written, input.data() + first, count);
    written += count;
    left -= count;
    first = 0;
  }
  std::memset(target.data() + written, 0, target.size() - written);
}

}  // namespace traind
