#include "client/trainctl/event_csv.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/trainctl/csv_number.h"
#include "client/trainctl/event_kinds.h"
#include "client/trainctl/event_text.h"
#include "client/trainctl/run_metric.h"

namespace traind {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

// Columns that are filled from the payload's field of the same name.
std::vector<std::string> FieldColumns() {
  std::vector<std::string> columns = {"epoch", "step"};
  for (const Descriptor* type : {v1::TrainStep::descriptor(), v1::EpochFinished::descriptor()}) {
    for (int i = 0; i < type->field_count(); ++i) {
      const std::string& name = type->field(i)->name();
      if (type->field(i)->is_repeated()) continue;  // has columns of its own
      if (type->field(i)->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) continue;  // no figure
      if (std::find(columns.begin(), columns.end(), name) == columns.end()) columns.push_back(name);
    }
  }
  return columns;
}

std::string NumberText(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return CsvNumber(reflection.GetFloat(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return CsvNumber(reflection.GetDouble(message, &field));
    default:
      return "";
  }
}

std::string FieldText(const Message& payload, const std::string& name) {
  const FieldDescriptor* field = payload.GetDescriptor()->FindFieldByName(name);
  return field == nullptr ? "" : NumberText(payload, *field);
}

std::string FurtherText(const std::string& name, const v1::Event& event) {
  const absl::StatusOr<RunMetric> metric = FindRunMetric(name);
  const std::optional<double> value =
      metric.ok() && event.has_epoch_finished() ? ValueOf(*metric, event) : std::optional<double>();
  return value ? CsvNumber(*value) : "";
}

}  // namespace

std::string CsvCell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

EventCsv::EventCsv(std::ostream& out, std::vector<std::string> further_metrics)
    : out_(out), columns_(FieldColumns()), further_metrics_(std::move(further_metrics)) {
  out_ << "sequence,time,attempt,kind," << absl::StrJoin(columns_, ",") << ",";
  for (const std::string& metric : further_metrics_) out_ << metric << ",";
  out_ << "text\n";
}

void EventCsv::OnEvent(const v1::Event& event) {
  const Reflection& reflection = *v1::Event::GetReflection();
  const FieldDescriptor* payload = reflection.GetOneofFieldDescriptor(
      event, v1::Event::descriptor()->FindOneofByName("payload"));
  out_ << event.sequence() << "," << google::protobuf::util::TimeUtil::ToString(event.time()) << ","
       << event.attempt() << "," << EventKindWord(event) << ",";
  for (const std::string& column : columns_) {
    if (payload != nullptr) out_ << FieldText(reflection.GetMessage(event, payload), column);
    out_ << ",";
  }
  for (const std::string& metric : further_metrics_) out_ << FurtherText(metric, event) << ",";
  out_ << CsvCell(EventText(event)) << "\n";
}

}  // namespace traind
