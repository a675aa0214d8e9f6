#include "server/telemetry/call_metrics.h"

#include "absl/strings/str_cat.h"
#include "server/telemetry/buckets.h"

namespace traind {
namespace {

// As Go's codes.Code.String() writes them, in the order of google.rpc.Code.
constexpr const char* kCodeNames[] = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

// `TrainingService/GetRun` for a method of `traind.v1.TrainingService`.
std::string KeyOf(const RpcMethod& method) {
  // Without a dot, npos + 1 is 0: the whole name.
  return absl::StrCat(method.service.substr(method.service.rfind('.') + 1), "/", method.method);
}

}  // namespace

CallMetrics::CallMetrics(const std::vector<RpcMethod>& methods, prometheus::Registry& registry)
    : started_(prometheus::BuildCounter()
                   .Name("grpc_server_started_total")
                   .Help("gRPC calls that have arrived.")
                   .Register(registry)),
      handled_(prometheus::BuildCounter()
                   .Name("grpc_server_handled_total")
                   .Help("gRPC calls that have ended, by code; those that are started and not "
                         "handled are in flight.")
                   .Register(registry)),
      seconds_(prometheus::BuildHistogram()
                   .Name("grpc_server_handling_seconds")
                   .Help("Time of gRPC calls from arrival to end, whatever the code; of a stream, "
                         "how long it lived.")
                   .Register(registry)) {
  static_assert(std::size(kCodeNames) == kCodeCount);
  for (const RpcMethod& method : methods) {
    Series& series = methods_[KeyOf(method)];
    series.labels = {{"grpc_type", method.type},
                     {"grpc_service", method.service},
                     {"grpc_method", method.method}};
    series.started = &started_.Add(series.labels);
    series.seconds = &seconds_.Add(series.labels, LatencyBuckets());
    Handled(series, static_cast<int>(absl::StatusCode::kOk));
  }
}

void CallMetrics::OnStarted(absl::string_view method) {
  const auto found = methods_.find(method);
  if (found != methods_.end()) found->second.started->Increment();
}

void CallMetrics::OnEnded(absl::string_view method, absl::StatusCode code,
                          absl::Duration duration) {
  const auto found = methods_.find(method);
  if (found == methods_.end()) return;
  const int number = static_cast<int>(code);
  const bool known = number >= 0 && number < kCodeCount;
  Handled(found->second, known ? number : static_cast<int>(absl::StatusCode::kUnknown)).Increment();
  found->second.seconds->Observe(absl::ToDoubleSeconds(duration));
}

prometheus::Counter& CallMetrics::Handled(Series& series, int code) {
  prometheus::Counter* counter = series.handled[code].load(std::memory_order_acquire);
  if (counter != nullptr) return *counter;
  prometheus::Labels labels = series.labels;
  labels["grpc_code"] = kCodeNames[code];
  // Two threads at once get the same counter.
  counter = &handled_.Add(labels);
  series.handled[code].store(counter, std::memory_order_release);
  return *counter;
}

}  // namespace traind
