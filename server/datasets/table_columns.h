#ifndef TRAIND_SERVER_DATASETS_TABLE_COLUMNS_H_
#define TRAIND_SERVER_DATASETS_TABLE_COLUMNS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "traind/v1/dataset.pb.h"

namespace traind {

// What a column of a table is for.
enum class ColumnRole { kNumber, kCategory, kLabel, kTarget, kIgnored };

// The columns of a table and what each is for.
struct TableColumns {
  std::vector<std::string> names;
  std::vector<ColumnRole> roles;  // as many

  size_t Count(ColumnRole role) const;
};

// Assigns roles as the source says. INVALID_ARGUMENT names the option and the columns that
// there are: one that is not there or named twice, no label and no target, no feature left, a
// header with two columns of one name or an empty one.
absl::StatusOr<TableColumns> AssignRoles(const std::vector<std::string>& header,
                                         const v1::DatasetSource& source);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_TABLE_COLUMNS_H_
