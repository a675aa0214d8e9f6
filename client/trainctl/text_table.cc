#include "client/trainctl/text_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "client/trainctl/progress_line.h"

namespace traind {

TextTable::TextTable(std::vector<std::string> header) { rows_.push_back(std::move(header)); }

void TextTable::AddRow(std::vector<std::string> cells) {
  cells.resize(rows_.front().size());
  for (std::string& cell : cells) {
    if (cell.empty()) cell.assign(1, '-');
  }
  rows_.push_back(std::move(cells));
}

std::string TextTable::Render(const std::string& indent) const {
  constexpr int kGap = 3;
  std::vector<int> widths(rows_.front().size(), 0);
  for (const std::vector<std::string>& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], TextColumns(row[i]));
  }
  std::string text;
  for (const std::vector<std::string>& row : rows_) {
    text += indent;
    for (size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - TextColumns(row[i]) + kGap, ' ');
    }
    text += '\n';
  }
  return text;
}

std::string ShortText(const std::string& text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  return text.substr(0, bytes_max - 3) + "...";
}

void AddField(std::string& text, const std::string& name, const std::string& value) {
  if (!value.empty()) absl::StrAppendFormat(&text, "%-13s%s\n", name + ":", value);
}

}  // namespace traind
