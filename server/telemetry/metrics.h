#ifndef TRAIND_SERVER_TELEMETRY_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_METRICS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/base/clock.h"
#include "server/base/rpc_method.h"
#include "server/base/stream_end.h"
#include "server/runs/run_observer.h"
#include "server/runs/worker_usage.h"
#include "server/serving/model_pool.h"
#include "server/serving/predict_observer.h"
#include "server/serving/serving_state.h"
#include "server/telemetry/run_data_sizes.h"
#include "traind/v1/run.pb.h"

namespace prometheus {
class Collectable;
class Registry;
}  // namespace prometheus

namespace traind {

class CallMetrics;
class PoolMetrics;
class PredictMetrics;
class RunMetrics;
class StreamMetrics;
class WorkerMetrics;

// Everything that Prometheus can scrape: what the core and the RPC border
// observe, and what is looked up at each scrape. docs/METRICS.md lists it.
// Thread-safe.
class Metrics final : public RunObserver, public PredictObserver {
 public:
  struct Options {
    std::string version;        // of traind
    std::string torch_version;  // of LibTorch
    // How long the series of a run outlive it, so that a last scrape sees them.
    absl::Duration run_linger = absl::Minutes(5);
    // Runs with own series; RunMetrics says which ones when there are more.
    int runs_max = 100;
    // Names of models as labels; further ones are counted as `other`.
    int models_max = 100;
    // Pairs of model and version with series of Predict; the least recently asked goes.
    int predict_versions_max = 100;
    // Requests that the predict queue holds.
    int predict_queue_limit = 0;
    // On the filesystem whose space is shown.
    std::string data_directory;
    // NVIDIA's NVML, by path or name; a part of the driver.
    std::string nvml_library = "libnvidia-ml.so.1";
    // Called at scrapes alone; an empty one has no series.
    std::function<int()> predict_queue_depth;
    std::function<ServingState()> serving_state = {};
    std::function<std::vector<WorkerUsage>()> worker_usage;
    std::function<RunDataSizes()> run_data_sizes;
    // Of the RPC border; calls of others are not counted.
    std::vector<RpcMethod> rpc_methods = {};
  };

  // `clock` must outlive the metrics.
  Metrics(const Options& options, const Clock& clock);
  Metrics(const Metrics&) = delete;
  ~Metrics() override;

  // Counts a run that was there before this process. Call before serving.
  void Adopt(const v1::Run& run);
  void OnEvent(const v1::Run& run, const v1::Event& event) override;
  void OnProgress(const v1::Run& run, const v1::Progress& progress) override;
  void OnAttemptEnded(const v1::Run& run, AttemptEnd end) override;
  // A worker has ended and has used this.
  void OnFinalUsage(const WorkerUsage& usage);
  void OnPredict(const PredictOutcome& outcome) override;
  void OnBatch(const PredictBatch& batch) override;
  void OnStuck(const StuckExecution& execution) override;
  // As ModelPool::Options says.
  void OnModelState(const ModelPool::Status& status);
  // RPCs; `method` such as `TrainingService/GetRun`. As RpcObserver says.
  void OnCallStarted(absl::string_view method);
  void OnCallEnded(absl::string_view method, absl::StatusCode code, absl::Duration duration);
  void OnSubscribers(int change);
  void OnEventsWritten(int event_count, absl::Span<const absl::Duration> lags);
  void OnStreamEnded(StreamEnd end);
  // Removes the series of runs that ended long enough ago. Call every second or so.
  void Expire();

  // What to hand to a MetricsEndpoint: every family.
  const std::shared_ptr<prometheus::Collectable>& page() const { return page_; }

 private:
  // Constant after construction; each synchronises itself.
  const std::shared_ptr<prometheus::Registry> registry_;
  const std::shared_ptr<WorkerMetrics> workers_;
  const std::unique_ptr<RunMetrics> runs_;
  const std::unique_ptr<PredictMetrics> predicts_;
  const std::unique_ptr<PoolMetrics> pool_;
  const std::unique_ptr<CallMetrics> calls_;
  const std::unique_ptr<StreamMetrics> streams_;
  const std::shared_ptr<prometheus::Collectable> page_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_METRICS_H_
