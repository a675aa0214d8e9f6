#include "server/datasets/csv_dataset.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/base/quoted_text.h"
#include "server/base/status_macros.h"
#include "server/datasets/csv_table.h"
#include "server/datasets/dataset_name.h"
#include "server/datasets/mapped_file.h"
#include "server/datasets/row_partition.h"

namespace traind {
namespace {

// A column with more different words than this share of its rows is hardly one of classes.
constexpr double kClassesPerRowMax = 0.5;
constexpr size_t kClassesBelievedAnyway = 20;

using Rows = std::vector<CsvTable::Row>;

// Words in order, and for each number that it had its place there.
struct OrderedWords {
  std::vector<std::string> words;
  std::vector<int64_t> place;
};

bool AllWholeNumbers(const CsvTable::Words& words) {
  return std::all_of(words.begin(), words.end(), [](const auto& word) {
    int64_t number = 0;
    return absl::SimpleAtoi(word.first, &number);
  });
}

OrderedWords Order(const CsvTable::Words& words) {
  std::vector<std::pair<std::string, int32_t>> sorted(words.begin(), words.end());
  if (AllWholeNumbers(words)) {
    const auto number = [](const auto& word) {
      int64_t value = 0;
      (void)absl::SimpleAtoi(word.first, &value);
      return value;
    };
    std::stable_sort(sorted.begin(), sorted.end(), [&](const auto& left, const auto& right) {
      return number(left) < number(right);
    });
  }
  OrderedWords ordered;
  ordered.place.resize(sorted.size());
  for (const auto& [word, number] : sorted) {
    ordered.place[static_cast<size_t>(number)] = static_cast<int64_t>(ordered.words.size());
    ordered.words.push_back(word);
  }
  return ordered;
}

absl::Status InFile(const InputFile& file, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(file.name, ": ", status.message()));
}

absl::StatusOr<Rows> ReadFile(const InputFile& file, CsvTable& table) {
  ASSIGN_OR_RETURN(const MappedFile mapped, MappedFile::Open(file.path));
  absl::StatusOr<Rows> rows = table.Read(mapped.bytes());
  if (!rows.ok()) return InFile(file, rows.status());
  return rows;
}

std::string StemOf(const InputFile& file) { return std::filesystem::path(file.name).stem(); }

absl::Status CheckClassCount(const CsvTable& table, size_t row_count) {
  const size_t classes = table.labels().size();
  if (classes <= kClassesBelievedAnyway ||
      static_cast<double>(classes) <= kClassesPerRowMax * static_cast<double>(row_count)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("label_column: expected classes that come again and again, got ", classes,
                   " different values in ", row_count,
                   " rows; numbers to predict are named in target_columns instead"));
}

// Names of the features, in their order, and where each column's begin.
struct Features {
  std::vector<std::string> names;
  std::vector<OrderedWords> categories;
  // For each category column, whether some row lacks its word.
  std::vector<bool> lacking;
};

Features NameFeatures(const CsvTable& table, const std::map<std::string, Rows>& splits) {
  Features features;
  for (const CsvTable::Words& words : table.categories()) {
    features.categories.push_back(Order(words));
  }
  features.lacking.resize(features.categories.size());
  for (const auto& [name, rows] : splits) {
    for (const CsvTable::Row& row : rows) {
      for (size_t i = 0; i < row.categories.size(); ++i) {
        if (row.categories[i] < 0) features.lacking[i] = true;
      }
    }
  }
  const TableColumns& columns = table.columns();
  size_t category = 0;
  for (size_t column = 0; column < columns.names.size(); ++column) {
    const std::string& name = columns.names[column];
    if (columns.roles[column] == ColumnRole::kNumber) features.names.push_back(name);
    if (columns.roles[column] != ColumnRole::kCategory) continue;
    for (const std::string& word : features.categories[category].words) {
      features.names.push_back(absl::StrCat(name, "=", word));
    }
    if (features.lacking[category]) features.names.push_back(absl::StrCat(name, "="));
    ++category;
  }
  return features;
}

// The mean of each number column over rows that have it.
absl::StatusOr<std::vector<double>> Means(const Rows& rows, size_t column_count) {
  std::vector<double> sums(column_count, 0);
  std::vector<int64_t> counts(column_count, 0);
  for (const CsvTable::Row& row : rows) {
    for (size_t i = 0; i < column_count; ++i) {
      if (std::isnan(row.numbers[i])) continue;
      sums[i] += row.numbers[i];
      ++counts[i];
    }
  }
  for (size_t i = 0; i < column_count; ++i) {
    if (counts[i] == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "expected a value in each column of numbers, number column ", i + 1,
          " has none in the rows that the mean is taken over; put it into ignored_columns"));
    }
    sums[i] /= static_cast<double>(counts[i]);
  }
  return sums;
}

// One row's features, appended.
void AppendFeatures(const CsvTable::Row& row, const TableColumns& columns, const Features& features,
                    const std::vector<double>& means, std::vector<double>& values) {
  size_t number = 0;
  size_t category = 0;
  for (const ColumnRole role : columns.roles) {
    if (role == ColumnRole::kNumber) {
      const double value = row.numbers[number];
      values.push_back(std::isnan(value) ? means[number] : value);
      ++number;
    }
    if (role != ColumnRole::kCategory) continue;
    const OrderedWords& words = features.categories[category];
    const size_t begin = values.size();
    const bool lacking = features.lacking[category];
    values.resize(begin + words.words.size() + (lacking ? 1 : 0), 0.0);
    const int32_t word = row.categories[category];
    const size_t place =
        word < 0 ? words.words.size() : static_cast<size_t>(words.place[static_cast<size_t>(word)]);
    values[begin + place] = 1;
    ++category;
  }
}

Split MakeTableSplit(const Rows& rows, const CsvTable& table, const Features& features,
                     const OrderedWords& classes, const std::vector<double>& means) {
  const TableColumns& columns = table.columns();
  std::vector<double> values;
  values.reserve(rows.size() * features.names.size());
  Split split;
  for (const CsvTable::Row& row : rows) {
    AppendFeatures(row, columns, features, means, values);
    split.targets.insert(split.targets.end(), row.targets.begin(), row.targets.end());
    if (!classes.words.empty()) {
      split.labels.push_back(classes.place[static_cast<size_t>(row.label)]);
    }
  }
  split.shape.row_count = static_cast<int64_t>(rows.size());
  split.shape.row_shape = {static_cast<int64_t>(features.names.size())};
  split.shape.element_type = ElementType::kFloat64;
  split.shape.target_count = static_cast<int64_t>(columns.Count(ColumnRole::kTarget));
  split.shape.class_count = static_cast<int64_t>(classes.words.size());
  const auto* const bytes = reinterpret_cast<const uint8_t*>(values.data());
  split.values.assign(bytes, bytes + values.size() * sizeof(double));
  return split;
}

// The rows of one file, cut into the source's shares; and which part comes first.
absl::StatusOr<std::map<std::string, Rows>> CutRows(Rows rows, bool with_classes,
                                                    const v1::DatasetSource& source,
                                                    std::string& first) {
  ASSIGN_OR_RETURN(const std::vector<v1::SplitShare> shares, SharesOf(source));
  std::vector<int64_t> labels;
  if (with_classes) {
    for (const CsvTable::Row& row : rows) labels.push_back(row.label);
  }
  ASSIGN_OR_RETURN(const std::vector<std::vector<int64_t>> parts,
                   PartitionRows(static_cast<int64_t>(rows.size()), labels, shares, source));
  std::map<std::string, Rows> splits;
  for (size_t part = 0; part < shares.size(); ++part) {
    Rows& target = splits[shares[part].name()];
    for (const int64_t row : parts[part])
      target.push_back(std::move(rows[static_cast<size_t>(row)]));
  }
  first = shares.front().name();
  return splits;
}

absl::StatusOr<std::map<std::string, Rows>> ReadSplits(const std::vector<InputFile>& files,
                                                       const v1::DatasetSource& source,
                                                       CsvTable& table, std::string& first) {
  if (files.size() == 1) {
    ASSIGN_OR_RETURN(Rows rows, ReadFile(files.front(), table));
    return CutRows(std::move(rows), !source.label_column().empty(), source, first);
  }
  if (source.splits_size() > 0) {
    return absl::InvalidArgumentError(
        "splits: expected none with several files, which are the splits that they are named for");
  }
  std::map<std::string, Rows> splits;
  for (const InputFile& file : files) {
    const std::string split = StemOf(file);
    RETURN_IF_ERROR(InFile(file, CheckDatasetName("split", split)));
    if (splits.contains(split)) {
      return InFile(file, absl::InvalidArgumentError(
                              absl::StrCat("expected one file for the split ", split)));
    }
    ASSIGN_OR_RETURN(splits[split], ReadFile(file, table));
  }
  first = splits.contains("train") ? "train" : splits.begin()->first;
  return splits;
}

}  // namespace

absl::StatusOr<DatasetContent> ReadCsvDataset(const std::vector<InputFile>& files,
                                              const v1::DatasetSource& source, int64_t values_max) {
  CsvTable table(source, values_max);
  std::string first;
  ASSIGN_OR_RETURN(const auto splits, ReadSplits(files, source, table, first));
  size_t row_count = 0;
  for (const auto& [name, rows] : splits) row_count += rows.size();
  RETURN_IF_ERROR(CheckClassCount(table, row_count));

  const Features features = NameFeatures(table, splits);
  if (features.names.size() * row_count > static_cast<size_t>(values_max)) {
    return absl::ResourceExhaustedError(
        absl::StrCat("expected at most ", values_max, " values in a dataset, got ",
                     features.names.size(), " features of ", row_count, " rows"));
  }
  const OrderedWords classes = Order(table.labels());
  std::vector<double> means;
  if (source.missing_values() == v1::MISSING_VALUES_MEAN) {
    ASSIGN_OR_RETURN(means, Means(splits.at(first), table.columns().Count(ColumnRole::kNumber)));
  }
  DatasetContent content;
  for (const auto& [name, rows] : splits) {
    content.splits.emplace(name, MakeTableSplit(rows, table, features, classes, means));
  }
  content.class_names = classes.words;
  content.feature_names = features.names;
  for (size_t column = 0; column < table.columns().names.size(); ++column) {
    if (table.columns().roles[column] != ColumnRole::kTarget) continue;
    content.target_names.push_back(table.columns().names[column]);
  }
  return content;
}

}  // namespace traind
