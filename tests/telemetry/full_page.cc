#include "tests/telemetry/full_page.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/telemetry/observed.h"

namespace traind {

std::unique_ptr<Metrics> FullPage(int run_count, int version_count, const std::string& nvml_library,
                                  const Clock& clock) {
  Metrics::Options options;
  options.version = "1.2.3";
  options.torch_version = "2.11.0";
  options.data_directory = ".";
  options.nvml_library = nvml_library;
  options.predict_queue_depth = [] { return 0; };
  options.serving_state = [version_count] {
    ServingState state{.is_ready = true, .versions = {}};
    for (int i = 1; i <= version_count; ++i) state.versions.push_back({"s4", i, true});
    state.worker = {
        .device = "cuda:0", .cpu_time = absl::Seconds(12), .resident_bytes = 900'000'000};
    return state;
  };
  options.rpc_methods = {{"unary", "traind.v1.TrainingService", "GetRun"}};
  options.run_data_sizes = [] { return RunDataSizes{1'000'000, 20'000'000, true}; };
  options.worker_usage = [run_count] {
    std::vector<WorkerUsage> usage;
    for (int i = 1; i <= run_count; ++i) {
      usage.push_back({{absl::StrCat("s4-", i), 1}, absl::Milliseconds(12'340 + i), 300'000'000});
    }
    return usage;
  };
  auto metrics = std::make_unique<Metrics>(options, clock);
  for (int i = 1; i <= run_count; ++i) {
    v1::Run run = ObservedRun(absl::StrCat("s4-", i));
    WorkThrough(run, *metrics);
    metrics->OnAttemptEnded(run, AttemptEnd::kFinished);
  }
  for (int i = 1; i <= version_count; ++i) metrics->OnPredict(ObservedPredict("s4", i));
  for (int i = 1; i <= version_count; ++i) {
    metrics->OnBatch({"s4", i, 1, 8, {}});
    metrics->OnModelState(ObservedLoad("s4", i));
  }
  metrics->OnCallStarted("TrainingService/GetRun");
  metrics->OnCallEnded("TrainingService/GetRun", absl::StatusCode::kOk, absl::Milliseconds(4));
  metrics->OnSubscribers(1);
  metrics->OnEventsWritten(1, {absl::Milliseconds(20)});
  metrics->OnStreamEnded(StreamEnd::kComplete);
  return metrics;
}

}  // namespace traind
