#include "client/trainctl/inspection.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "client/trainctl/predict_result.h"
#include "client/trainctl/predict_rows.h"

namespace traind {
namespace {

constexpr int64_t kRowsAtOnce = 256;  // what ReadDatasetRows allows
constexpr int64_t kClassesMax = 1000;

absl::Status ExpectClasses(const v1::ModelVersion& version) {
  for (const v1::TensorSignature& output : version.outputs()) {
    if (output.name() == "classes") return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat(version.model(), "@", version.version(),
                   " tells no classes: expected an output `classes`; there is nothing to confuse"));
}

v1::PredictRequest RequestFor(const v1::ModelVersion& version, const ValueRows& rows,
                              const std::vector<int64_t>& shape) {
  v1::PredictRequest request;
  request.set_model(version.model());
  request.set_version(version.version());
  *request.add_inputs() = ToTensor(rows, shape);
  return request;
}

bool IsWorse(const Mistake& a, const Mistake& b) {
  if (a.true_probability != b.true_probability) return a.true_probability < b.true_probability;
  return a.row < b.row;
}

// Counts one row and notes it when it is a mistake.
absl::Status AddInspectedRow(int64_t row, int64_t label, absl::Span<const float> values,
                             const Prediction& prediction, Inspection& inspection) {
  if (label < 0 || label >= inspection.matrix.class_count() ||
      prediction.probabilities.size() != static_cast<size_t>(inspection.matrix.class_count())) {
    return absl::OutOfRangeError(absl::StrCat("row ", row, ": expected a label from 0 to ",
                                              inspection.matrix.class_count() - 1,
                                              ", as the model has classes, got ", label));
  }
  inspection.matrix.Add(label, prediction.predicted_class);
  if (label == prediction.predicted_class) return absl::OkStatus();
  inspection.worst.push_back(
      {.row = row,
       .true_class = label,
       .predicted_class = prediction.predicted_class,
       .predicted_probability = prediction.probabilities[prediction.predicted_class],
       .true_probability = prediction.probabilities[label],
       .values = std::vector<float>(values.begin(), values.end())});
  return absl::OkStatus();
}

ClassNames NamesOf(const v1::ModelVersion& version, const ValueRows& rows) {
  if (version.class_names().empty()) return rows.class_names;
  return ClassNames(version.class_names().begin(), version.class_names().end());
}

void KeepWorst(int worst_count, std::vector<Mistake>& mistakes) {
  std::sort(mistakes.begin(), mistakes.end(), IsWorse);
  if (mistakes.size() > static_cast<size_t>(worst_count)) mistakes.resize(worst_count);
}

// The number of rows of the split, which any answer of ReadDatasetRows tells.
absl::StatusOr<int64_t> CountRows(Client& client, const std::string& dataset) {
  const size_t colon = dataset.find(':');
  v1::ReadDatasetRowsRequest request;
  request.set_dataset(dataset.substr(0, colon));
  request.set_split(dataset.substr(colon + 1));
  request.add_row_indexes(0);
  const absl::StatusOr<v1::ReadDatasetRowsResponse> rows = client.ReadDatasetRows(request);
  if (!rows.ok()) return rows.status();
  return rows->split_row_count();
}

}  // namespace

absl::StatusOr<Inspection> InspectVersion(Client& client, const v1::ModelVersion& version,
                                          const std::string& dataset, int worst_count,
                                          const std::function<void(int64_t, int64_t)>& progress) {
  if (absl::Status status = ExpectClasses(version); !status.ok()) return status;
  const absl::StatusOr<std::vector<int64_t>> shape = RowShapeOf(version);
  if (!shape.ok()) return shape.status();
  const absl::StatusOr<int64_t> row_count = CountRows(client, dataset);
  if (!row_count.ok()) return row_count.status();
  std::optional<Inspection> inspection;  // made once the number of classes is known
  for (int64_t first = 0; first < *row_count; first += kRowsAtOnce) {
    std::vector<int64_t> rows(std::min(kRowsAtOnce, *row_count - first));
    std::iota(rows.begin(), rows.end(), first);
    const absl::StatusOr<ValueRows> values = ReadValueRows(client, dataset, rows, *shape);
    if (!values.ok()) return values.status();
    if (values->labels.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat(dataset,
                       " has no classes: expected rows with labels, as the model tells "
                       "classes"));
    }
    const absl::StatusOr<v1::PredictResponse> response =
        client.Predict(RequestFor(version, *values, *shape));
    if (!response.ok()) return response.status();
    const absl::StatusOr<std::vector<Prediction>> predictions =
        ToPredictions(*response, static_cast<int64_t>(rows.size()));
    if (!predictions.ok()) return predictions.status();
    if (!inspection) {
      const size_t classes = predictions->front().probabilities.size();
      if (classes > kClassesMax) {
        return absl::FailedPreconditionError(
            absl::StrCat("expected a model of at most ", kClassesMax, " classes, got ", classes));
      }
      inspection.emplace(Inspection{.matrix = ConfusionMatrix(static_cast<int>(classes)),
                                    .row_shape = *shape,
                                    .class_names = NamesOf(version, *values),
                                    .worst = {}});
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      const size_t size = values->values.size() / rows.size();
      absl::Status status = AddInspectedRow(
          rows[i], values->labels[i], absl::MakeConstSpan(values->values).subspan(i * size, size),
          (*predictions)[i], *inspection);
      if (!status.ok()) return status;
    }
    KeepWorst(worst_count, inspection->worst);
    progress(first + static_cast<int64_t>(rows.size()), *row_count);
  }
  if (!inspection) return absl::FailedPreconditionError(absl::StrCat(dataset, " has no rows"));
  return *std::move(inspection);
}

}  // namespace traind
