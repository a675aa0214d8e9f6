#include "server/telemetry/metrics.h"

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "server/telemetry/call_metrics.h"
#include "server/telemetry/predict_metrics.h"
#include "server/telemetry/run_metrics.h"
#include "server/telemetry/stream_metrics.h"

namespace traind {

Metrics::Metrics(const Options& options, const Clock& clock)
    : registry_(std::make_shared<prometheus::Registry>()),
      runs_(std::make_unique<RunMetrics>(
          RunMetrics::Bounds{options.run_linger, options.runs_max, options.models_max}, clock,
          *registry_)),
      predicts_(std::make_unique<PredictMetrics>(*registry_)),
      calls_(std::make_unique<CallMetrics>(options.rpc_methods, *registry_)),
      streams_(std::make_unique<StreamMetrics>(*registry_)) {
  prometheus::BuildGauge()
      .Name("traind_build_info")
      .Help("Always 1; the labels tell which versions run.")
      .Register(*registry_)
      .Add({{"version", options.version}, {"torch_version", options.torch_version}})
      .Set(1);
}

Metrics::~Metrics() = default;

void Metrics::Adopt(const v1::Run& run) { runs_->Adopt(run); }

void Metrics::OnEvent(const v1::Run& run, const v1::Event& event) { runs_->OnEvent(run, event); }

void Metrics::OnProgress(const v1::Run& run, const v1::Progress& progress) {
  runs_->OnProgress(run, progress);
}

void Metrics::OnPredict(const PredictOutcome& outcome) { predicts_->OnPredict(outcome); }

void Metrics::OnCallStarted(absl::string_view method) { calls_->OnStarted(method); }

void Metrics::OnCallEnded(absl::string_view method, absl::StatusCode code,
                          absl::Duration duration) {
  calls_->OnEnded(method, code, duration);
}

void Metrics::OnSubscribers(int change) { streams_->OnSubscribers(change); }

void Metrics::OnEventsWritten(int event_count, absl::Span<const absl::Duration> lags) {
  streams_->OnEventsWritten(event_count, lags);
}

void Metrics::Expire() { runs_->Expire(); }

}  // namespace traind
