#include "server/telemetry/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/registry.h>

#include <iterator>
#include <utility>

#include "server/telemetry/call_metrics.h"
#include "server/telemetry/disk_metrics.h"
#include "server/telemetry/families.h"
#include "server/telemetry/nvml_gpus.h"
#include "server/telemetry/pool_metrics.h"
#include "server/telemetry/predict_metrics.h"
#include "server/telemetry/process_metrics.h"
#include "server/telemetry/run_metrics.h"
#include "server/telemetry/serving_metrics.h"
#include "server/telemetry/stream_metrics.h"
#include "server/telemetry/worker_metrics.h"

namespace traind {
namespace {

// Several collectables as one.
class Page final : public prometheus::Collectable {
 public:
  explicit Page(std::vector<std::shared_ptr<prometheus::Collectable>> parts)
      : parts_(std::move(parts)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families;
    for (const auto& part : parts_) {
      std::vector<prometheus::MetricFamily> more = part->Collect();
      std::move(more.begin(), more.end(), std::back_inserter(families));
    }
    return families;
  }

 private:
  const std::vector<std::shared_ptr<prometheus::Collectable>> parts_;
};

}  // namespace

Metrics::Metrics(const Options& options, const Clock& clock)
    : registry_(std::make_shared<prometheus::Registry>()),
      workers_(std::make_shared<WorkerMetrics>(options.worker_usage)),
      runs_(std::make_unique<RunMetrics>(
          RunMetrics::Bounds{options.run_linger, options.runs_max, options.models_max}, clock,
          *registry_, *workers_)),
      predicts_(std::make_unique<PredictMetrics>(
          PredictMetrics::Bounds{options.predict_versions_max, options.predict_queue_limit},
          *registry_)),
      pool_(std::make_unique<PoolMetrics>(
          PoolMetrics::Bounds{options.models_max, options.predict_versions_max}, *registry_)),
      calls_(std::make_unique<CallMetrics>(options.rpc_methods, *registry_)),
      streams_(std::make_unique<StreamMetrics>(*registry_)),
      page_(std::make_shared<Page>(std::vector<std::shared_ptr<prometheus::Collectable>>{
          registry_, workers_,
          std::make_shared<ServingMetrics>(ServingMetrics::Sources{
              options.predict_queue_depth, options.serving_state, options.predict_versions_max}),
          std::make_shared<DiskMetrics>(options.data_directory, options.run_data_sizes),
          std::make_shared<ProcessMetrics>(), std::make_shared<NvmlGpus>(options.nvml_library)})) {
  GaugeFamily("traind_build_info", "Always 1; the labels tell which versions run.", *registry_)
      .Add({{"version", options.version}, {"torch_version", options.torch_version}}, 1);
}

Metrics::~Metrics() = default;

void Metrics::Adopt(const v1::Run& run) { runs_->Adopt(run); }

void Metrics::OnEvent(const v1::Run& run, const v1::Event& event) {
  runs_->OnEvent(run, event);
  if (event.has_model_published()) {
    predicts_->OnPublished(event.model_published().model(), event.model_published().version());
  }
}

void Metrics::OnProgress(const v1::Run& run, const v1::Progress& progress) {
  runs_->OnProgress(run, progress);
}

void Metrics::OnAttemptEnded(const v1::Run& run, AttemptEnd end) {
  runs_->OnAttemptEnded(run, end);
}

void Metrics::OnFinalUsage(const WorkerUsage& usage) { workers_->OnFinalUsage(usage); }

void Metrics::OnPredict(const PredictOutcome& outcome) { predicts_->OnPredict(outcome); }

void Metrics::OnBatch(const PredictBatch& batch) { predicts_->OnBatch(batch); }

void Metrics::OnStuck(const StuckExecution& execution) { predicts_->OnStuck(execution); }

void Metrics::OnModelState(const ModelPool::Status& status) { pool_->OnState(status); }

void Metrics::OnCallStarted(absl::string_view method) { calls_->OnStarted(method); }

void Metrics::OnCallEnded(absl::string_view method, absl::StatusCode code,
                          absl::Duration duration) {
  calls_->OnEnded(method, code, duration);
}

void Metrics::OnSubscribers(int change) { streams_->OnSubscribers(change); }

void Metrics::OnEventsWritten(int event_count, absl::Span<const absl::Duration> lags) {
  streams_->OnEventsWritten(event_count, lags);
}

void Metrics::OnStreamEnded(StreamEnd end) { streams_->OnStreamEnded(end); }

void Metrics::Expire() { runs_->Expire(); }

}  // namespace traind
