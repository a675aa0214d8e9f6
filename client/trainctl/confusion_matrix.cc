#include "client/trainctl/confusion_matrix.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/trainctl/text_table.h"

namespace traind {
namespace {

constexpr size_t kPairsMax = 20;
constexpr int kFirstColumnWidth = 9;  // "precision"
constexpr int kCellWidthMin = 6;      // a space and "100.0"
constexpr size_t kNameWidthMax = 16;  // of a column

std::string ShareText(int64_t part, int64_t whole) {
  if (whole == 0) return "-";
  return absl::StrFormat("%.1f", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(int class_count)
    : class_count_(class_count), counts_(static_cast<size_t>(class_count) * class_count) {}

void ConfusionMatrix::Add(int64_t true_class, int64_t predicted_class) {
  ++counts_[static_cast<size_t>(true_class) * class_count_ + predicted_class];
  ++row_count_;
}

int64_t ConfusionMatrix::count(int true_class, int predicted_class) const {
  return counts_[static_cast<size_t>(true_class) * class_count_ + predicted_class];
}

int64_t ConfusionMatrix::right_count() const {
  int64_t right = 0;
  for (int i = 0; i < class_count_; ++i) right += count(i, i);
  return right;
}

std::string ConfusionMatrix::Text(int columns, const ClassNames& names) const {
  const int64_t largest = *std::max_element(counts_.begin(), counts_.end());
  int width = std::max(kCellWidthMin, static_cast<int>(absl::StrCat(largest).size()) + 1);
  std::vector<std::string> beside;
  std::vector<std::string> above;
  size_t longest = 0;
  for (int i = 0; i < class_count_; ++i) {
    beside.push_back(ClassText(names, i));
    above.push_back(beside.back());
    longest = std::max(longest, beside.back().size());
  }
  if (longest < kNameWidthMax &&
      TableWidth(static_cast<int>(longest), std::max(width, static_cast<int>(longest) + 1)) <=
          columns) {
    width = std::max(width, static_cast<int>(longest) + 1);
  } else {
    for (int i = 0; i < class_count_; ++i) {
      above[i] = absl::StrCat(i);
      beside[i] = beside[i] == above[i] ? above[i] : absl::StrCat(i, " ", beside[i]);
      longest = std::max(longest, beside[i].size());
    }
    if (TableWidth(static_cast<int>(longest), width) > columns) return PairsText(names);
  }
  const int first = std::max(kFirstColumnWidth, static_cast<int>(longest));
  std::string text = absl::StrFormat("%*s  predicted\n%-*s", first, "", first, "true");
  std::vector<int64_t> predicted(class_count_);
  for (const std::string& name : above) absl::StrAppendFormat(&text, "%*s", width, name);
  text += "   recall\n";
  for (int i = 0; i < class_count_; ++i) {
    int64_t rows = 0;
    absl::StrAppendFormat(&text, "%-*s", first, beside[i]);
    for (int j = 0; j < class_count_; ++j) {
      const int64_t cell = count(i, j);
      rows += cell;
      predicted[j] += cell;
      absl::StrAppendFormat(&text, "%*s", width, cell == 0 ? "." : absl::StrCat(cell));
    }
    absl::StrAppendFormat(&text, "%9s\n", ShareText(count(i, i), rows));
  }
  absl::StrAppendFormat(&text, "%-*s", first, "precision");
  for (int i = 0; i < class_count_; ++i) {
    absl::StrAppendFormat(&text, "%*s", width, ShareText(count(i, i), predicted[i]));
  }
  return text + "        %\n";
}

int ConfusionMatrix::TableWidth(int longest_name, int cell_width) const {
  return std::max(kFirstColumnWidth, longest_name) + cell_width * class_count_ + 9;
}

std::string ConfusionMatrix::PairsText(const ClassNames& names) const {
  struct Pair {
    int64_t count;
    int true_class;
    int predicted_class;
  };
  std::vector<Pair> pairs;
  std::vector<int64_t> rows(class_count_);
  for (int i = 0; i < class_count_; ++i) {
    for (int j = 0; j < class_count_; ++j) {
      rows[i] += count(i, j);
      if (i != j && count(i, j) > 0) pairs.push_back({count(i, j), i, j});
    }
  }
  if (pairs.empty()) return "no two classes were mixed up\n";
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return a.count > b.count; });
  if (pairs.size() > kPairsMax) pairs.resize(kPairsMax);
  TextTable table({"TRUE", "PREDICTED", "ROWS", "% OF THE CLASS"});
  for (const Pair& pair : pairs) {
    table.AddRow({ClassText(names, pair.true_class), ClassText(names, pair.predicted_class),
                  absl::StrCat(pair.count), ShareText(pair.count, rows[pair.true_class])});
  }
  return absl::StrCat("the pairs that are mixed up most, of ", class_count_, " classes:\n",
                      table.Render());
}

}  // namespace traind
