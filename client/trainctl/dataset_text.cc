#include "client/trainctl/dataset_text.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/trainctl/byte_text.h"
#include "client/trainctl/digit_drawing.h"
#include "client/trainctl/text_table.h"

namespace traind {
namespace {

static_assert(std::endian::native == std::endian::little, "tensors come as they lie in memory");

constexpr size_t kSha256Digits = 12;
// Lines of a table of features, or columns of a preview: more are told by their number.
constexpr int kListedMax = 40;
constexpr int kColumnsMax = 10;

std::string ShapeText(const v1::DatasetSplit& split) {
  const char* const type = split.data_type() == v1::DATA_TYPE_UINT8  ? "UINT8"
                           : split.data_type() == v1::DATA_TYPE_FP32 ? "FP32"
                                                                     : "FP64";
  return absl::StrCat("[", absl::StrJoin(split.row_shape(), ", "), "] ", type);
}

std::string RowsOfSplits(const v1::Dataset& dataset) {
  return absl::StrJoin(dataset.splits(), ", ", [](std::string* out, const v1::DatasetSplit& split) {
    absl::StrAppend(out, split.name(), " ", split.row_count());
  });
}

std::string AnswersText(const v1::Dataset& dataset) {
  if (dataset.splits_size() == 0) return "";
  const v1::DatasetSplit& split = dataset.splits(0);
  if (split.targets_size() > 0) {
    return absl::StrCat(split.targets_size(), split.targets_size() == 1 ? " number" : " numbers");
  }
  return absl::StrCat(split.class_row_counts_size(), " classes");
}

std::string NameAt(const google::protobuf::RepeatedPtrField<std::string>& names, int index) {
  return index < names.size() ? names[index] : absl::StrCat(index);
}

std::string Number(double value) { return absl::StrFormat("%.6g", value); }

void AddStatistics(const std::string& name, const v1::ValueStatistics& value, TextTable& table) {
  table.AddRow({name, Number(value.mean()), Number(value.standard_deviation()),
                Number(value.minimum()), Number(value.maximum())});
}

// Classes against splits.
std::string ClassTable(const v1::Dataset& dataset) {
  std::vector<std::string> header = {"CLASS"};
  for (const v1::DatasetSplit& split : dataset.splits()) header.push_back(split.name());
  TextTable table(header);
  const int class_count = dataset.splits(0).class_row_counts_size();
  for (int label = 0; label < std::min(class_count, kListedMax); ++label) {
    std::vector<std::string> row = {NameAt(dataset.class_names(), label)};
    for (const v1::DatasetSplit& split : dataset.splits()) {
      row.push_back(absl::StrCat(
          label < split.class_row_counts_size() ? split.class_row_counts(label) : int64_t{0}));
    }
    table.AddRow(std::move(row));
  }
  std::string text = table.Render("  ");
  if (class_count > kListedMax) absl::StrAppend(&text, "  … ", class_count - kListedMax, " more\n");
  return text;
}

std::string StatisticsTable(const v1::Dataset& dataset, const v1::DatasetSplit& split) {
  TextTable table({dataset.feature_names_size() > 0 ? "FEATURE" : "CHANNEL", "MEAN", "DEVIATION",
                   "MIN", "MAX"});
  for (int i = 0; i < std::min(split.inputs_size(), kListedMax); ++i) {
    AddStatistics(NameAt(dataset.feature_names(), i), split.inputs(i), table);
  }
  for (int i = 0; i < std::min(split.targets_size(), kListedMax); ++i) {
    AddStatistics(absl::StrCat("target ", NameAt(dataset.target_names(), i)), split.targets(i),
                  table);
  }
  std::string text = table.Render("  ");
  if (split.inputs_size() > kListedMax) {
    absl::StrAppend(&text, "  … ", split.inputs_size() - kListedMax, " more\n");
  }
  return text;
}

absl::Status Malformed(const v1::Tensor& tensor) {
  return absl::InternalError(absl::StrCat("malformed dataset rows: ", tensor.data().size(),
                                          " bytes of ", v1::DataType_Name(tensor.data_type()),
                                          " do not fit [", absl::StrJoin(tensor.shape(), ", "),
                                          "]"));
}

template <typename Value>
std::vector<double> Convert(const std::string& bytes) {
  std::vector<double> values(bytes.size() / sizeof(Value));
  for (size_t i = 0; i < values.size(); ++i) {
    Value value;
    std::memcpy(&value, bytes.data() + i * sizeof(Value), sizeof(Value));
    values[i] = static_cast<double>(value);
  }
  return values;
}

// What a row is: its class by name, or its numbers.
std::string AnswerOf(const v1::ReadDatasetRowsResponse& rows, const std::vector<double>& targets,
                     int row, int row_count) {
  if (row < rows.labels_size()) {
    const int64_t label = rows.labels(row);
    return label < rows.class_names_size() ? rows.class_names(static_cast<int>(label))
                                           : absl::StrCat(label);
  }
  const size_t count = targets.size() / static_cast<size_t>(row_count);
  const auto begin = targets.begin() + static_cast<int64_t>(count) * row;
  return absl::StrJoin(begin, begin + static_cast<int64_t>(count), ", ",
                       [](std::string* out, double value) { *out += Number(value); });
}

std::string Pictures(const std::vector<int64_t>& indexes, const v1::ReadDatasetRowsResponse& rows,
                     bool colour) {
  const auto& shape = rows.images().shape();
  const int64_t row_bytes = shape[1] * shape[2] * shape[3];
  std::string text;
  for (int row = 0; row < static_cast<int>(indexes.size()); ++row) {
    const char* const begin = rows.images().data().data() + row * row_bytes;
    const GrayImage image{.width = static_cast<int>(shape[3]),
                          .height = static_cast<int>(shape[2]),
                          .pixels = std::vector<uint8_t>(begin, begin + shape[2] * shape[3])};
    for (const std::string& line : DrawImage(image, colour)) absl::StrAppend(&text, line, "\n");
    absl::StrAppend(&text, indexes[static_cast<size_t>(row)], ": ",
                    AnswerOf(rows, {}, row, static_cast<int>(indexes.size())), "\n");
  }
  return text;
}

std::string Table(const std::vector<int64_t>& indexes, const v1::ReadDatasetRowsResponse& rows,
                  const std::vector<double>& values, const std::vector<double>& targets) {
  const int row_count = static_cast<int>(indexes.size());
  const int value_count = static_cast<int>(values.size()) / row_count;
  const int shown = std::min(value_count, kColumnsMax);
  std::vector<std::string> header = {"ROW"};
  for (int i = 0; i < shown; ++i) header.push_back(NameAt(rows.feature_names(), i));
  if (shown < value_count) header.push_back(absl::StrCat("… ", value_count - shown, " more"));
  header.push_back(rows.labels_size() > 0 ? "CLASS" : "TARGET");
  TextTable table(header);
  for (int row = 0; row < row_count; ++row) {
    std::vector<std::string> cells = {absl::StrCat(indexes[static_cast<size_t>(row)])};
    for (int i = 0; i < shown; ++i) {
      cells.push_back(Number(values[static_cast<size_t>(row) * value_count + i]));
    }
    if (shown < value_count) cells.push_back("…");
    cells.push_back(AnswerOf(rows, targets, row, row_count));
    table.AddRow(std::move(cells));
  }
  return table.Render();
}

}  // namespace

std::string DatasetTable(const std::vector<v1::Dataset>& datasets) {
  TextTable table({"NAME", "ROWS", "OF", "TO PREDICT", "SIZE", "SHA-256"});
  for (const v1::Dataset& dataset : datasets) {
    if (dataset.splits_size() == 0) {
      table.AddRow({dataset.name(), "damaged, see `trainctl dataset describe`"});
      continue;
    }
    table.AddRow({dataset.name(), RowsOfSplits(dataset), ShapeText(dataset.splits(0)),
                  AnswersText(dataset), ByteText(dataset.size_bytes()),
                  dataset.sha256().substr(0, kSha256Digits)});
  }
  return table.Render();
}

std::string DatasetText(const v1::Dataset& dataset) {
  std::string text = absl::StrCat(dataset.name(), ": ", RowsOfSplits(dataset), "\n");
  if (dataset.splits_size() == 0) return text;
  absl::StrAppend(&text, "rows      ", ShapeText(dataset.splits(0)), ", ", AnswersText(dataset),
                  "\nsize      ", ByteText(dataset.size_bytes()), "\nSHA-256   ", dataset.sha256(),
                  "\n");
  if (dataset.splits(0).class_row_counts_size() > 0) {
    absl::StrAppend(&text, "\n", ClassTable(dataset));
  }
  for (const v1::DatasetSplit& split : dataset.splits()) {
    absl::StrAppend(&text, "\n", split.name(), "\n", StatisticsTable(dataset, split));
  }
  return text;
}

std::string DatasetLine(const v1::Dataset& dataset) {
  std::string text = absl::StrCat(dataset.name(), ": ", RowsOfSplits(dataset));
  if (dataset.splits_size() > 0) {
    absl::StrAppend(&text, " of ", ShapeText(dataset.splits(0)), ", ", AnswersText(dataset));
  }
  return absl::StrCat(text, ", SHA-256 ", dataset.sha256().substr(0, kSha256Digits), "…");
}

absl::StatusOr<std::vector<double>> TensorValues(const v1::Tensor& tensor) {
  int64_t count = 1;
  for (const int64_t size : tensor.shape()) count *= size;
  const auto bytes = static_cast<int64_t>(tensor.data().size());
  if (tensor.data_type() == v1::DATA_TYPE_UINT8 && bytes == count) {
    return Convert<uint8_t>(tensor.data());
  }
  if (tensor.data_type() == v1::DATA_TYPE_FP32 && bytes == count * 4) {
    return Convert<float>(tensor.data());
  }
  if (tensor.data_type() == v1::DATA_TYPE_FP64 && bytes == count * 8) {
    return Convert<double>(tensor.data());
  }
  return Malformed(tensor);
}

absl::StatusOr<std::string> RowsText(const std::vector<int64_t>& indexes,
                                     const v1::ReadDatasetRowsResponse& rows, bool colour) {
  const v1::Tensor& images = rows.images();
  const absl::StatusOr<std::vector<double>> values = TensorValues(images);
  if (!values.ok()) return values.status();
  std::vector<double> targets;
  if (rows.has_targets()) {
    const absl::StatusOr<std::vector<double>> numbers = TensorValues(rows.targets());
    if (!numbers.ok()) return numbers.status();
    targets = *numbers;
  }
  const auto row_count = static_cast<int64_t>(indexes.size());
  if (images.shape_size() < 2 || images.shape(0) != row_count || values->empty() ||
      (rows.labels_size() != row_count && targets.size() % indexes.size() != 0)) {
    return Malformed(images);
  }
  if (images.data_type() == v1::DATA_TYPE_UINT8 && images.shape_size() == 4) {
    return Pictures(indexes, rows, colour);
  }
  return Table(indexes, rows, *values, targets);
}

}  // namespace traind
