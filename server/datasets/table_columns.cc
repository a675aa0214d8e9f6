#include "server/datasets/table_columns.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/quoted_text.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

// Columns that a message lists.
constexpr size_t kListedColumnsMax = 30;

std::string ListOf(const std::vector<std::string>& names) {
  const size_t count = std::min(names.size(), kListedColumnsMax);
  std::string list = absl::StrJoin(
      names.begin(), names.begin() + count, ", ",
      [](std::string* out, const std::string& name) { absl::StrAppend(out, QuotedText(name)); });
  if (count < names.size()) absl::StrAppend(&list, " and ", names.size() - count, " more");
  return list;
}

absl::Status CheckHeader(const std::vector<std::string>& names) {
  std::set<std::string> seen;
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "expected a header with a name for each column, column ", i + 1, " has none"));
    }
    if (!IsUtf8(names[i])) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected a header in UTF-8, got ", QuotedText(names[i])));
    }
    if (!seen.insert(names[i]).second) {
      return absl::InvalidArgumentError(absl::StrCat(
          "expected a different name for each column, got ", QuotedText(names[i]), " twice"));
    }
  }
  return absl::OkStatus();
}

// Gives a column that has no role yet its role.
absl::Status Assign(const char* option, const std::string& name, ColumnRole role,
                    TableColumns& columns) {
  const auto found = std::find(columns.names.begin(), columns.names.end(), name);
  if (found == columns.names.end()) {
    return absl::InvalidArgumentError(absl::StrCat(option, ": expected one of the columns ",
                                                   ListOf(columns.names), ", got ",
                                                   QuotedText(name)));
  }
  ColumnRole& current = columns.roles[static_cast<size_t>(found - columns.names.begin())];
  if (current != ColumnRole::kNumber) {
    return absl::InvalidArgumentError(
        absl::StrCat(option, ": column ", QuotedText(name), " is named for something else too"));
  }
  current = role;
  return absl::OkStatus();
}

}  // namespace

size_t TableColumns::Count(ColumnRole role) const {
  return static_cast<size_t>(std::count(roles.begin(), roles.end(), role));
}

absl::StatusOr<TableColumns> AssignRoles(const std::vector<std::string>& header,
                                         const v1::DatasetSource& source) {
  TableColumns columns;
  for (const std::string& name : header) {
    columns.names.emplace_back(absl::StripAsciiWhitespace(name));
  }
  columns.roles.resize(header.size(), ColumnRole::kNumber);
  RETURN_IF_ERROR(CheckHeader(columns.names));
  if (source.label_column().empty() && source.target_columns().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "label_column: expected the column with the classes (or target_columns with numbers to "
        "predict), got none; the columns are ",
        ListOf(columns.names)));
  }
  if (!source.label_column().empty() && !source.target_columns().empty()) {
    return absl::InvalidArgumentError(
        "label_column: expected classes or numbers to predict, got both");
  }
  if (!source.label_column().empty()) {
    RETURN_IF_ERROR(Assign("label_column", source.label_column(), ColumnRole::kLabel, columns));
  }
  for (const std::string& name : source.target_columns()) {
    RETURN_IF_ERROR(Assign("target_columns", name, ColumnRole::kTarget, columns));
  }
  for (const std::string& name : source.ignored_columns()) {
    RETURN_IF_ERROR(Assign("ignored_columns", name, ColumnRole::kIgnored, columns));
  }
  for (const std::string& name : source.category_columns()) {
    RETURN_IF_ERROR(Assign("category_columns", name, ColumnRole::kCategory, columns));
  }
  if (columns.Count(ColumnRole::kNumber) + columns.Count(ColumnRole::kCategory) == 0) {
    return absl::InvalidArgumentError("expected at least one column to predict from, got none");
  }
  return columns;
}

}  // namespace traind
