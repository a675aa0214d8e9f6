#include "server/datasets/csv_table.h"

#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/quoted_text.h"
#include "server/base/status_macros.h"
#include "server/datasets/csv_records.h"

namespace traind {
namespace {

constexpr int32_t kNoWord = -1;
// Different words of one column: past it, it is hardly one of words.
constexpr size_t kWordsMax = 10'000;

bool IsMissing(absl::string_view field) {
  if (field.empty()) return true;
  for (const absl::string_view word : {"NA", "N/A", "NaN", "null", "?"}) {
    if (absl::EqualsIgnoreCase(field, word)) return true;
  }
  return false;
}

absl::StatusOr<int32_t> NumberOf(absl::string_view word, CsvTable::Words& words) {
  const auto found = words.find(word);
  if (found != words.end()) return found->second;
  if (!IsUtf8(word)) {
    return absl::InvalidArgumentError(absl::StrCat("expected UTF-8, got ", QuotedText(word)));
  }
  if (words.size() >= kWordsMax) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected at most ", kWordsMax,
        " different values in a column of classes or categories; is it one of numbers?"));
  }
  const int32_t number = static_cast<int32_t>(words.size());
  words.emplace(word, number);
  return number;
}

}  // namespace

absl::Status CsvTable::TakeHeader(const std::vector<std::string>& header) {
  absl::StatusOr<TableColumns> columns = AssignRoles(header, source_);
  if (!columns.ok()) return columns.status();
  if (columns_.names.empty()) {
    columns_ = *std::move(columns);
    categories_.resize(columns_.Count(ColumnRole::kCategory));
    return absl::OkStatus();
  }
  if (columns->names == columns_.names) return absl::OkStatus();
  return absl::InvalidArgumentError("line 1: expected the columns of the first file, got others");
}

absl::Status CsvTable::Missing(size_t column) const {
  return absl::InvalidArgumentError(absl::StrCat(
      "column ", QuotedText(columns_.names[column]),
      ": expected a value, got none; choose missing_values: drop the row, or take the mean"));
}

absl::StatusOr<double> CsvTable::ReadNumber(size_t column, absl::string_view field) const {
  double number = 0;
  if (!absl::SimpleAtod(field, &number)) {
    return absl::InvalidArgumentError(
        absl::StrCat("column ", QuotedText(columns_.names[column]), ": expected a number, got ",
                     QuotedText(field),
                     "; name the column in category_columns or ignored_columns if it is one "
                     "of words"));
  }
  if (!std::isfinite(number)) {
    return absl::InvalidArgumentError(absl::StrCat("column ", QuotedText(columns_.names[column]),
                                                   ": expected a finite number, got ",
                                                   QuotedText(field)));
  }
  return number;
}

absl::StatusOr<bool> CsvTable::TakeRow(const std::vector<std::string>& fields, Row& row) {
  const bool drop = source_.missing_values() == v1::MISSING_VALUES_DROP_ROW;
  const bool fill = source_.missing_values() == v1::MISSING_VALUES_MEAN;
  size_t category = 0;
  for (size_t column = 0; column < fields.size(); ++column) {
    const ColumnRole role = columns_.roles[column];
    const size_t place = role == ColumnRole::kCategory ? category++ : 0;
    if (role == ColumnRole::kIgnored) continue;
    const absl::string_view field = absl::StripAsciiWhitespace(fields[column]);
    if (IsMissing(field)) {
      if (drop) return false;
      if (!fill || role == ColumnRole::kLabel || role == ColumnRole::kTarget) {
        return Missing(column);
      }
      if (role == ColumnRole::kNumber) row.numbers.push_back(std::nan(""));
      if (role == ColumnRole::kCategory) row.categories.push_back(kNoWord);
      continue;
    }
    if (role == ColumnRole::kLabel) {
      ASSIGN_OR_RETURN(row.label, NumberOf(field, labels_));
    } else if (role == ColumnRole::kCategory) {
      ASSIGN_OR_RETURN(const int32_t word, NumberOf(field, categories_[place]));
      row.categories.push_back(word);
    } else {
      ASSIGN_OR_RETURN(const double number, ReadNumber(column, field));
      (role == ColumnRole::kNumber ? row.numbers : row.targets).push_back(number);
    }
  }
  return true;
}

absl::StatusOr<std::vector<CsvTable::Row>> CsvTable::Read(absl::string_view text) {
  CsvRecords records(text, CsvRecords::SeparatorOf(text));
  ASSIGN_OR_RETURN(const bool has_header, records.Next());
  if (!has_header) {
    return absl::InvalidArgumentError("expected a header and rows, got an empty file");
  }
  RETURN_IF_ERROR(TakeHeader(records.fields()));
  std::vector<Row> rows;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, records.Next());
    if (!more) break;
    if (records.fields().size() != columns_.names.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", records.line(), ": expected ", columns_.names.size(),
                       " fields as in the header, got ", records.fields().size()));
    }
    values_left_ -= static_cast<int64_t>(columns_.names.size());
    if (values_left_ < 0) {
      return absl::ResourceExhaustedError(
          absl::StrCat("line ", records.line(), ": the table has more values than a dataset may"));
    }
    Row row;
    const absl::StatusOr<bool> taken = TakeRow(records.fields(), row);
    if (!taken.ok()) {
      return absl::Status(taken.status().code(),
                          absl::StrCat("line ", records.line(), ": ", taken.status().message()));
    }
    if (*taken) rows.push_back(std::move(row));
  }
  if (rows.empty()) return absl::InvalidArgumentError("expected rows after the header, got none");
  return rows;
}

}  // namespace traind
