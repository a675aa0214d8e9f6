#include "client/trainctl/run_metric.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <limits>
#include <regex>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace traind {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

constexpr char kConfusionMatrix[] = "confusion_matrix";

// What people read on an axis. Other fields are named as they are.
constexpr std::pair<const char*, const char*> kLabels[] = {
    {"loss", "Loss of a training batch"},
    {"learning_rate", "Learning rate"},
    {"last_loss", "Loss of the epoch's last training batch"},
    {"train_loss", "Mean training loss of an epoch"},
    {"eval_loss", "Mean loss on the evaluation split"},
    {"accuracy", "Accuracy on the evaluation split [%]"},
    {"train_accuracy", "Accuracy on the training rows [%]"},
    {"train_seconds", "Training time of an epoch [s]"},
    {"eval_seconds", "Time of an evaluation [s]"},
    {"data_wait_seconds", "Time an epoch waited for data [s]"},
};

std::string LabelOf(const std::string& name) {
  for (const auto& [metric, label] : kLabels) {
    if (name == metric) return label;
  }
  std::string label = name;
  const bool seconds = absl::EndsWith(label, "_seconds");
  if (seconds) label = std::string(absl::StripSuffix(label, "_seconds"));
  label = absl::StrReplaceAll(label, {{"_", " "}});
  label[0] = absl::ascii_toupper(static_cast<unsigned char>(label[0]));
  return seconds ? label + " [s]" : label;
}

bool IsFigure(const FieldDescriptor& field) {
  const bool position = field.name() == "step" || field.name() == "epoch";
  return !position && !field.is_repeated() && field.cpp_type() != FieldDescriptor::CPPTYPE_BOOL &&
         field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE &&
         field.cpp_type() != FieldDescriptor::CPPTYPE_STRING;
}

double NumberOf(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return static_cast<double>(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.GetFloat(message, &field);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.GetDouble(message, &field);
    default:
      return std::numeric_limits<double>::quiet_NaN();
  }
}

bool HasFigure(const Descriptor& type, const std::string& name) {
  const FieldDescriptor* field = type.FindFieldByName(name);
  return field != nullptr && IsFigure(*field);
}

std::optional<double> ValueInEpoch(const RunMetric& metric, const v1::EpochFinished& epoch) {
  if (metric.field == "accuracy") {
    return Percent(epoch.eval_correct_count(), epoch.eval_sample_count());
  }
  if (metric.field == "train_accuracy") {
    return Percent(epoch.train_correct_count(), epoch.train_sample_count());
  }
  if (HasFigure(*v1::EpochFinished::descriptor(), metric.field)) {
    return NumberOf(epoch, *v1::EpochFinished::descriptor()->FindFieldByName(metric.field));
  }
  for (const v1::MetricValue& further : epoch.metrics()) {
    if (further.name() == metric.field && metric.index < further.values_size()) {
      return further.values(metric.index);
    }
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<RunMetric> FindRunMetric(const std::string& name) {
  RunMetric metric{.name = name, .kind = v1::EVENT_KIND_EPOCH_FINISHED, .label = "", .field = name};
  static const std::regex& pattern = *new std::regex(R"(([a-z][a-z0-9_]*)(?:\[(\d{1,4})\])?)");
  std::smatch parts;
  if (name.size() > 100 || !std::regex_match(name, parts, pattern)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--metric: expected a name such as accuracy, train_loss or precision[3], got `", name,
        "`"));
  }
  metric.label = LabelOf(name);
  if (parts[2].matched) {
    metric.field = parts[1];
    (void)absl::SimpleAtoi(parts[2].str(), &metric.index);  // the pattern lets only numbers through
  } else if (HasFigure(*v1::TrainStep::descriptor(), name)) {
    metric.kind = v1::EVENT_KIND_TRAIN_STEP;
  }
  return metric;
}

std::optional<double> ValueOf(const RunMetric& metric, const v1::Event& event) {
  if (metric.kind == v1::EVENT_KIND_TRAIN_STEP) {
    if (!event.has_train_step()) return std::nullopt;
    return NumberOf(event.train_step(),
                    *v1::TrainStep::descriptor()->FindFieldByName(metric.field));
  }
  if (!event.has_epoch_finished()) return std::nullopt;
  return ValueInEpoch(metric, event.epoch_finished());
}

std::vector<std::string> RunMetricNames() {
  std::vector<std::string> names;
  for (const Descriptor* type : {v1::TrainStep::descriptor(), v1::EpochFinished::descriptor()}) {
    for (int i = 0; i < type->field_count(); ++i) {
      if (IsFigure(*type->field(i))) names.push_back(type->field(i)->name());
    }
  }
  names.insert(names.end(), {"accuracy", "train_accuracy"});
  return names;
}

std::vector<std::string> FurtherMetricNames(const v1::EpochFinished& epoch) {
  std::vector<std::string> names;
  for (const v1::MetricValue& further : epoch.metrics()) {
    if (further.name() == kConfusionMatrix) continue;
    if (further.values_size() == 1) {
      names.push_back(further.name());
      continue;
    }
    for (int i = 0; i < further.values_size(); ++i) {
      names.push_back(absl::StrCat(further.name(), "[", i, "]"));
    }
  }
  return names;
}

std::optional<double> Percent(int64_t right_count, int64_t row_count) {
  if (row_count <= 0) return std::nullopt;
  return 100.0 * static_cast<double>(right_count) / static_cast<double>(row_count);
}

}  // namespace traind
