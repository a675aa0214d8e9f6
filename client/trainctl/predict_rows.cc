#include "client/trainctl/predict_rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/trainctl/dataset_text.h"

namespace traind {
namespace {

int64_t RowValueCount(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t size : shape) count *= size;
  return count;
}

// What a model answered: a class for each row, or numbers.
struct Answers {
  std::vector<Prediction> classes;
  std::vector<double> numbers;
};

// Numbers are in the first output that is FP32 [N, T].
absl::StatusOr<Answers> TakeApart(const ValueRows& rows, const v1::PredictResponse& response) {
  Answers answers;
  for (const v1::Tensor& output : response.outputs()) {
    if (output.name() != "classes") continue;
    absl::StatusOr<std::vector<Prediction>> classes = ToPredictions(response, rows.row_count());
    if (!classes.ok()) return classes.status();
    answers.classes = *std::move(classes);
    return answers;
  }
  for (const v1::Tensor& output : response.outputs()) {
    if (output.data_type() != v1::DATA_TYPE_FP32 || output.shape_size() != 2 ||
        output.shape(0) != rows.row_count() || output.shape(1) < 1) {
      continue;
    }
    absl::StatusOr<std::vector<double>> numbers = TensorValues(output);
    if (!numbers.ok()) return numbers.status();
    answers.numbers = *std::move(numbers);
    return answers;
  }
  return absl::InternalError(absl::StrCat("malformed prediction: expected classes or numbers for ",
                                          rows.row_count(), " rows"));
}

const ClassNames& NamesOfClasses(const ClassNames& names, const ValueRows& rows) {
  return names.empty() ? rows.class_names : names;
}

const ClassNames& NamesOfLabels(const ClassNames& names, const ValueRows& rows) {
  return rows.class_names.empty() ? names : rows.class_names;
}

// The numbers of one row.
std::string Numbers(const std::vector<double>& values, size_t row, size_t row_count) {
  const size_t count = values.size() / row_count;
  const auto begin = values.begin() + static_cast<int64_t>(row * count);
  return absl::StrJoin(
      begin, begin + static_cast<int64_t>(count), ", ",
      [](std::string* out, double value) { absl::StrAppendFormat(out, "%.6g", value); });
}

}  // namespace

bool TakesPictures(const v1::ModelVersion& version) {
  return version.inputs_size() == 1 && version.inputs(0).shape_size() == 4 &&
         version.inputs(0).data_type() == v1::DATA_TYPE_FP32;
}

absl::StatusOr<std::vector<int64_t>> RowShapeOf(const v1::ModelVersion& version) {
  if (version.inputs_size() == 1 && version.inputs(0).shape_size() >= 2 &&
      version.inputs(0).data_type() == v1::DATA_TYPE_FP32) {
    const auto& sizes = version.inputs(0).shape();
    return std::vector<int64_t>(sizes.begin() + 1, sizes.end());
  }
  return absl::FailedPreconditionError(
      absl::StrCat(version.model(), "@", version.version(),
                   " does not take one input of FP32; call Predict over gRPC"));
}

absl::StatusOr<ValueRows> ParseValues(const std::string& text, const std::vector<int64_t>& shape) {
  ValueRows rows;
  rows.names.push_back("values");
  for (const absl::string_view part : absl::StrSplit(text, ',')) {
    float value = 0;
    if (!absl::SimpleAtof(part, &value)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--values: expected numbers such as 5.1,3.5,1.4,0.2, got `", part, "`"));
    }
    rows.values.push_back(value);
  }
  if (static_cast<int64_t>(rows.values.size()) == RowValueCount(shape)) return rows;
  return absl::InvalidArgumentError(absl::StrCat("--values: the model takes ", RowValueCount(shape),
                                                 " numbers, got ", rows.values.size()));
}

absl::StatusOr<ValueRows> ReadValueRows(Client& client, const std::string& dataset,
                                        const std::vector<int64_t>& indexes,
                                        const std::vector<int64_t>& shape) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(dataset, absl::MaxSplits(':', 1));
  v1::ReadDatasetRowsRequest request;
  request.set_dataset(parts.first);
  request.set_split(parts.second);
  request.mutable_row_indexes()->Add(indexes.begin(), indexes.end());
  const absl::StatusOr<v1::ReadDatasetRowsResponse> response = client.ReadDatasetRows(request);
  if (!response.ok()) return response.status();
  const v1::Tensor& inputs = response->images();
  std::vector<int64_t> expected = {static_cast<int64_t>(indexes.size())};
  expected.insert(expected.end(), shape.begin(), shape.end());
  if (!std::equal(expected.begin(), expected.end(), inputs.shape().begin(), inputs.shape().end())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the dataset does not fit the model: expected rows of [", absl::StrJoin(expected, ", "),
        "], got [", absl::StrJoin(inputs.shape(), ", "), "]"));
  }
  const absl::StatusOr<std::vector<double>> values = TensorValues(inputs);
  if (!values.ok()) return values.status();
  ValueRows rows;
  const double scale = inputs.data_type() == v1::DATA_TYPE_UINT8 ? 255 : 1;
  for (const double value : *values) rows.values.push_back(static_cast<float>(value / scale));
  for (const int64_t index : indexes) rows.names.push_back(absl::StrCat(dataset, " ", index));
  rows.labels.assign(response->labels().begin(), response->labels().end());
  rows.class_names.assign(response->class_names().begin(), response->class_names().end());
  if (response->has_targets()) {
    absl::StatusOr<std::vector<double>> targets = TensorValues(response->targets());
    if (!targets.ok()) return targets.status();
    rows.targets = *std::move(targets);
  }
  if (rows.labels.empty() || rows.labels.size() == indexes.size()) return rows;
  return absl::InternalError("malformed dataset rows: labels do not fit the rows");
}

v1::Tensor ToTensor(const ValueRows& rows, const std::vector<int64_t>& shape) {
  v1::Tensor tensor;
  tensor.set_name("x");
  tensor.set_data_type(v1::DATA_TYPE_FP32);
  tensor.add_shape(rows.row_count());
  for (const int64_t size : shape) tensor.add_shape(size);
  tensor.set_data(rows.values.data(), rows.values.size() * sizeof(float));
  return tensor;
}

absl::StatusOr<std::string> ValuePredictions(const ValueRows& rows,
                                             const v1::PredictResponse& response,
                                             const ClassNames& names) {
  const absl::StatusOr<Answers> answers = TakeApart(rows, response);
  if (!answers.ok()) return answers.status();
  const std::string model = absl::StrCat(response.model(), "@", response.version());
  std::string text;
  int64_t right = 0;
  for (size_t row = 0; row < rows.names.size(); ++row) {
    absl::StrAppend(&text, rows.names[row], ": ");
    if (answers->classes.empty()) {
      absl::StrAppend(&text, Numbers(answers->numbers, row, rows.names.size()), " by ", model);
      if (!rows.targets.empty()) {
        absl::StrAppend(&text, "; target ", Numbers(rows.targets, row, rows.names.size()));
      }
    } else {
      const Prediction& prediction = answers->classes[row];
      absl::StrAppendFormat(
          &text, "%s with %.2f%% by %s",
          ClassText(NamesOfClasses(names, rows), prediction.predicted_class),
          100 * prediction.probabilities[static_cast<size_t>(prediction.predicted_class)], model);
      if (!rows.labels.empty()) {
        const bool is_right = rows.labels[row] == prediction.predicted_class;
        right += is_right ? 1 : 0;
        absl::StrAppend(&text, "; label ", ClassText(NamesOfLabels(names, rows), rows.labels[row]),
                        is_right ? ", right" : ", WRONG");
      }
    }
    text += "\n";
  }
  if (!rows.labels.empty() && !answers->classes.empty()) {
    absl::StrAppend(&text, right, " of ", rows.names.size(), " right\n");
  }
  return text;
}

absl::StatusOr<std::string> ValuePredictionsJson(const ValueRows& rows,
                                                 const v1::PredictResponse& response,
                                                 const ClassNames& names) {
  const absl::StatusOr<Answers> answers = TakeApart(rows, response);
  if (!answers.ok()) return answers.status();
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (size_t row = 0; row < rows.names.size(); ++row) {
    nlohmann::ordered_json one;
    one["source"] = rows.names[row];
    if (answers->classes.empty()) {
      const size_t count = answers->numbers.size() / rows.names.size();
      const auto begin = answers->numbers.begin() + static_cast<int64_t>(row * count);
      one["values"] = std::vector<double>(begin, begin + static_cast<int64_t>(count));
    } else {
      one["class"] = answers->classes[row].predicted_class;
      one["name"] = ClassText(NamesOfClasses(names, rows), answers->classes[row].predicted_class);
      one["probabilities"] = answers->classes[row].probabilities;
    }
    if (!rows.labels.empty()) one["label"] = rows.labels[row];
    all.push_back(std::move(one));
  }
  nlohmann::ordered_json document;
  document["model"] = response.model();
  document["version"] = response.version();
  document["rows"] = std::move(all);
  return document.dump(1);
}

}  // namespace traind
