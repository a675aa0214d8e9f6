#include "client/trainctl/predict_result.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/trainctl/digit_drawing.h"
#include "client/trainctl/progress_line.h"

namespace traind {
namespace {

constexpr int kProbabilityColumns = 30;
constexpr size_t kClassesDrawnMax = 14;
constexpr size_t kLikeliest = 10;

const v1::Tensor* FindOutput(const v1::PredictResponse& response, const std::string& name) {
  for (const v1::Tensor& tensor : response.outputs()) {
    if (tensor.name() == name) return &tensor;
  }
  return nullptr;
}

// Classes in the order in which they are drawn.
std::vector<int> ClassesToDraw(const std::vector<float>& probabilities) {
  std::vector<int> classes(probabilities.size());
  std::iota(classes.begin(), classes.end(), 0);
  if (classes.size() <= kClassesDrawnMax) return classes;
  std::stable_sort(classes.begin(), classes.end(),
                   [&probabilities](int a, int b) { return probabilities[a] > probabilities[b]; });
  classes.resize(kLikeliest);
  return classes;
}

// Empty where the class has no name.
std::string NameOf(const ClassNames& names, int64_t number) {
  const bool named = number >= 0 && number < static_cast<int64_t>(names.size());
  return named ? names[static_cast<size_t>(number)] : "";
}

std::vector<std::string> DrawBars(const Prediction& prediction, const ClassNames& names) {
  std::vector<std::string> lines;
  for (int drawn : ClassesToDraw(prediction.probabilities)) {
    const float probability = prediction.probabilities[drawn];
    const std::string name = NameOf(names, drawn);
    lines.push_back(absl::StrFormat("%3d %s %6.2f%%%s%s%s", drawn,
                                    BlockBar(probability, kProbabilityColumns), 100 * probability,
                                    name.empty() ? "" : " ", name,
                                    drawn == prediction.predicted_class ? " <" : ""));
  }
  return lines;
}

bool IsRight(const NamedImage& image, const Prediction& prediction) {
  return image.label.has_value() && *image.label == prediction.predicted_class;
}

double Seconds(const google::protobuf::Duration& duration) {
  return static_cast<double>(duration.seconds()) + duration.nanos() * 1e-9;
}

}  // namespace

std::string ClassText(const ClassNames& names, int64_t number) {
  const std::string name = NameOf(names, number);
  return name.empty() ? absl::StrCat(number) : name;
}

absl::StatusOr<std::vector<Prediction>> ToPredictions(const v1::PredictResponse& response,
                                                      int64_t row_count) {
  const v1::Tensor* classes = FindOutput(response, "classes");
  const v1::Tensor* probabilities = FindOutput(response, "probabilities");
  const bool shaped = classes != nullptr && probabilities != nullptr &&
                      classes->data_type() == v1::DATA_TYPE_INT64 &&
                      probabilities->data_type() == v1::DATA_TYPE_FP32 &&
                      probabilities->shape_size() == 2 && probabilities->shape(0) == row_count &&
                      classes->data().size() == row_count * sizeof(int64_t);
  const size_t class_count = shaped ? std::max<int64_t>(probabilities->shape(1), 0) : 0;
  if (!shaped || probabilities->data().size() != row_count * class_count * sizeof(float)) {
    return absl::InternalError(absl::StrCat(
        "malformed prediction: expected classes INT64 [", row_count, "] and probabilities FP32 [",
        row_count, ", K] in ", response.ShortDebugString().substr(0, 200)));
  }
  std::vector<Prediction> predictions(row_count);
  for (int64_t i = 0; i < row_count; ++i) {
    Prediction& prediction = predictions[i];
    std::memcpy(&prediction.predicted_class, classes->data().data() + i * sizeof(int64_t),
                sizeof(int64_t));
    prediction.probabilities.resize(class_count);
    std::memcpy(prediction.probabilities.data(),
                probabilities->data().data() + i * class_count * sizeof(float),
                class_count * sizeof(float));
    if (prediction.predicted_class < 0 ||
        prediction.predicted_class >= static_cast<int64_t>(class_count)) {
      return absl::InternalError(absl::StrCat("malformed prediction: class ",
                                              prediction.predicted_class, " of ", class_count));
    }
  }
  return predictions;
}

std::string PredictionText(const NamedImage& image, const GrayImage& picture,
                           const Prediction& prediction, const std::string& model,
                           const ClassNames& names, bool colour) {
  const std::vector<std::string> drawing = DrawImage(picture, colour);
  const std::vector<std::string> bars = DrawBars(prediction, names);
  // Bars stand in the middle of the drawing's height.
  const size_t line_count = std::max(drawing.size(), bars.size());
  const size_t bars_from = (line_count - bars.size()) / 2;
  const std::string blank(std::min(picture.width, kDrawingColumnsMax), ' ');
  std::string text;
  for (size_t i = 0; i < line_count; ++i) {
    absl::StrAppend(&text, i < drawing.size() ? drawing[i] : blank);
    if (i >= bars_from && i - bars_from < bars.size()) {
      absl::StrAppend(&text, "  ", bars[i - bars_from]);
    }
    text += "\n";
  }
  absl::StrAppendFormat(&text, "%s: %s with %.2f%% by %s", image.name,
                        ClassText(names, prediction.predicted_class),
                        100 * prediction.probabilities[prediction.predicted_class], model);
  if (image.label) {
    absl::StrAppend(&text, "; label ", ClassText(names, *image.label),
                    IsRight(image, prediction) ? ", right" : ", WRONG");
  }
  return text + "\n";
}

std::string PredictionTotals(const std::vector<NamedImage>& images,
                             const std::vector<Prediction>& predictions,
                             const v1::PredictResponse& response) {
  int64_t labelled = 0;
  int64_t right = 0;
  for (size_t i = 0; i < images.size(); ++i) {
    labelled += images[i].label.has_value() ? 1 : 0;
    right += IsRight(images[i], predictions[i]) ? 1 : 0;
  }
  std::string text;
  if (labelled > 0) absl::StrAppend(&text, right, " of ", labelled, " right; ");
  absl::StrAppendFormat(&text, "%s@%d: queued %.1f ms, computed %.1f ms\n", response.model(),
                        response.version(), 1e3 * Seconds(response.queue_time()),
                        1e3 * Seconds(response.compute_time()));
  return text;
}

std::string PredictionJson(const std::vector<NamedImage>& images,
                           const std::vector<Prediction>& predictions,
                           const v1::PredictResponse& response, const ClassNames& names) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (size_t i = 0; i < images.size(); ++i) {
    nlohmann::ordered_json row;
    row["source"] = images[i].name;
    row["class"] = predictions[i].predicted_class;
    const std::string name = NameOf(names, predictions[i].predicted_class);
    if (!name.empty()) row["name"] = name;
    row["probabilities"] = predictions[i].probabilities;
    if (images[i].label) row["label"] = *images[i].label;
    rows.push_back(std::move(row));
  }
  nlohmann::ordered_json document;
  document["model"] = response.model();
  document["version"] = response.version();
  document["rows"] = std::move(rows);
  document["queue_seconds"] = Seconds(response.queue_time());
  document["compute_seconds"] = Seconds(response.compute_time());
  return document.dump(1);
}

}  // namespace traind
