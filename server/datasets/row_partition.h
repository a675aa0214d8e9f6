#ifndef TRAIND_SERVER_DATASETS_ROW_PARTITION_H_
#define TRAIND_SERVER_DATASETS_ROW_PARTITION_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/datasets/dataset_content.h"
#include "server/datasets/split.h"
#include "traind/v1/dataset.pb.h"

namespace traind {

// The shares that a source asks for, or the default ones. INVALID_ARGUMENT for a bad name,
// one that comes twice, a share that is not in (0, 1], or a sum that is not 1.
absl::StatusOr<std::vector<v1::SplitShare>> SharesOf(const v1::DatasetSource& source);

// Deals `row_count` rows out to the shares, by the source's seed alone; each class of
// `labels` (empty: none) by the same shares unless the source says otherwise. The rows of a
// part are in rising order. INVALID_ARGUMENT when a part would have no row.
absl::StatusOr<std::vector<std::vector<int64_t>>> PartitionRows(
    int64_t row_count, absl::Span<const int64_t> labels, absl::Span<const v1::SplitShare> shares,
    const v1::DatasetSource& source);

// These rows of a split.
Split SelectRows(const Split& split, absl::Span<const int64_t> rows);

// A whole split cut into the source's shares.
absl::StatusOr<std::map<std::string, Split>> CutSplit(const Split& whole,
                                                      const v1::DatasetSource& source);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_ROW_PARTITION_H_
