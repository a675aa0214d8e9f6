#include "server/runs/event_filter.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/runs/event_kind.h"
#include "server/runs/timestamps.h"

namespace traind {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;

constexpr int kPointsMin = 10;

// Fields that tell where in the training a metric was measured.
bool IsPosition(const FieldDescriptor& field) {
  return field.name() == "epoch" || field.name() == "step";
}

bool IsMetric(const FieldDescriptor& field) {
  if (field.is_repeated() || IsPosition(field) || field.name() == "step_count") return false;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return true;
    default:
      return false;
  }
}

// Every metric, in the order of the protos.
std::vector<std::string> MetricNames() {
  std::vector<std::string> names;
  for (const Descriptor* type : {v1::TrainStep::descriptor(), v1::EpochFinished::descriptor()}) {
    for (int i = 0; i < type->field_count(); ++i) {
      if (IsMetric(*type->field(i))) names.push_back(type->field(i)->name());
    }
  }
  return names;
}

absl::Status CheckMetrics(const v1::StreamMetricsRequest& request) {
  if (request.metric_names().empty()) return absl::OkStatus();
  const std::vector<std::string> known = MetricNames();
  for (const std::string& name : request.metric_names()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "metric_names: expected some of ", absl::StrJoin(known, ", "), ", got \"", name, "\""));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckKinds(const v1::StreamMetricsRequest& request) {
  for (const int kind : request.kinds()) {
    if (kind == v1::EVENT_KIND_UNSPECIFIED || !v1::EventKind_IsValid(kind)) {
      return absl::InvalidArgumentError(
          absl::StrCat("kinds: expected kinds of events, ", int{v1::EventKind_MIN} + 1, " to ",
                       int{v1::EventKind_MAX}, " (see EventKind), got ", kind));
    }
  }
  return absl::OkStatus();
}

// The payload with metrics; null when the event has none.
const Message* MetricsOf(const v1::Event& event) {
  if (event.has_train_step()) return &event.train_step();
  if (event.has_epoch_finished()) return &event.epoch_finished();
  return nullptr;
}

bool HasAny(const Message& payload, const std::set<std::string>& names) {
  for (const std::string& name : names) {
    const FieldDescriptor* const field = payload.GetDescriptor()->FindFieldByName(name);
    if (field == nullptr) continue;
    if (!field->has_presence() || payload.GetReflection()->HasField(payload, field)) return true;
  }
  return false;
}

void ClearAllBut(const std::set<std::string>& names, Message& payload) {
  const Descriptor& type = *payload.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsPosition(field) || names.count(field.name()) > 0) continue;
    payload.GetReflection()->ClearField(&payload, &field);
  }
}

}  // namespace

absl::StatusOr<EventFilter> EventFilter::Make(const v1::StreamMetricsRequest& request,
                                              const Limits& limits) {
  if (absl::Status status = CheckKinds(request); !status.ok()) return status;
  if (absl::Status status = CheckMetrics(request); !status.ok()) return status;
  const int points = request.max_points();
  if (points != 0 && (points < kPointsMin || points > limits.stream_points_max)) {
    return absl::InvalidArgumentError(absl::StrCat("max_points: expected 0 for all events, or ",
                                                   kPointsMin, " to ", limits.stream_points_max,
                                                   " of each kind, got ", points));
  }
  EventFilter filter;
  for (const int kind : request.kinds()) filter.kinds_.insert(static_cast<v1::EventKind>(kind));
  filter.metrics_.insert(request.metric_names().begin(), request.metric_names().end());
  if (request.has_since_time()) {
    const int32_t nanos = request.since_time().nanos();
    if (nanos < 0 || nanos > 999'999'999) {
      return absl::InvalidArgumentError(
          absl::StrCat("since_time.nanos: expected 0 to 999999999, got ", nanos));
    }
    filter.since_ = ToTime(request.since_time());
  }
  return filter;
}

bool EventFilter::Passes(const v1::Event& event) const {
  if (IsTerminalEvent(event)) return true;
  if (!kinds_.empty() && kinds_.count(KindOf(event)) == 0) return false;
  // Only asked for when it decides something, as most streams have no such filter.
  if (since_ != absl::InfinitePast() && ToTime(event.time()) < since_) return false;
  if (metrics_.empty()) return true;
  const Message* const payload = MetricsOf(event);
  return payload == nullptr || HasAny(*payload, metrics_);
}

LoggedEventPointer EventFilter::Trim(LoggedEventPointer event) const {
  if (metrics_.empty() || MetricsOf(event->event()) == nullptr) return event;
  v1::Event trimmed = event->event();
  if (trimmed.has_train_step()) {
    ClearAllBut(metrics_, *trimmed.mutable_train_step());
  } else {
    ClearAllBut(metrics_, *trimmed.mutable_epoch_finished());
  }
  return std::make_shared<const LoggedEvent>(std::move(trimmed));
}

}  // namespace traind
