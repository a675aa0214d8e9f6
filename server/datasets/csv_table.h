#ifndef TRAIND_SERVER_DATASETS_CSV_TABLE_H_
#define TRAIND_SERVER_DATASETS_CSV_TABLE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/datasets/table_columns.h"
#include "traind/v1/dataset.pb.h"

namespace traind {

// The rows of one or more CSV files with the same columns, each value by the role of its
// column. Not thread-safe.
class CsvTable {
 public:
  // A row. A missing number is NaN, a missing category -1.
  struct Row {
    std::vector<double> numbers;  // in the order of the columns, as are the others
    std::vector<int32_t> categories;
    int32_t label = 0;
    std::vector<double> targets;
  };

  // Words of a column, numbered in the order in which they came.
  using Words = std::map<std::string, int32_t, std::less<>>;

  // Values of all rows together are at most `values_max`.
  CsvTable(const v1::DatasetSource& source, int64_t values_max)
      : source_(source), values_left_(values_max) {}

  // Reads a file's text. The first file's header decides the columns; another one's must be
  // the same. INVALID_ARGUMENT with line and column: a text in place of a number, a value
  // that is missing and may not be, a line with too many or too few fields, bad quotes, no
  // rows; RESOURCE_EXHAUSTED past `values_max`.
  absl::StatusOr<std::vector<Row>> Read(absl::string_view text);

  // After the first Read.
  const TableColumns& columns() const { return columns_; }
  const std::vector<Words>& categories() const { return categories_; }
  const Words& labels() const { return labels_; }

 private:
  absl::Status TakeHeader(const std::vector<std::string>& header);
  // False when the row is to be left out.
  absl::StatusOr<bool> TakeRow(const std::vector<std::string>& fields, Row& row);
  absl::StatusOr<double> ReadNumber(size_t column, absl::string_view field) const;
  absl::Status Missing(size_t column) const;

  const v1::DatasetSource source_;
  int64_t values_left_;
  TableColumns columns_;
  std::vector<Words> categories_;
  Words labels_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_CSV_TABLE_H_
