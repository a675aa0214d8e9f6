#include "server/telemetry/serving_metrics.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/telemetry/sampled.h"

namespace traind {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily VersionsFamily(std::vector<ServingState::Version> versions, int versions_max) {
  std::stable_partition(versions.begin(), versions.end(),
                        [](const ServingState::Version& version) { return !version.is_ready; });
  versions.resize(std::min(versions.size(), static_cast<size_t>(std::max(0, versions_max))));
  MetricFamily family = SampledFamily(
      MetricType::Gauge, "traind_model_ready",
      "1 while a version that was asked for answers as usual, loaded or not; 0 while its newest "
      "load has failed, its process is lost, or an execution on it does not come back.");
  for (const ServingState::Version& version : versions) {
    AddSample(version.is_ready ? 1 : 0,
              {{"model", version.model}, {"version", absl::StrCat(version.version)}}, family);
  }
  return family;
}

void AddWorker(const ServingState::Worker& worker, std::vector<MetricFamily>& families) {
  MetricFamily cpu = SampledFamily(
      MetricType::Counter, "traind_serving_worker_cpu_seconds_total",
      "Processor time of the processes that predict apart, on a GPU; absent without.");
  AddSample(absl::ToDoubleSeconds(worker.cpu_time), {{"device", worker.device}}, cpu);
  families.push_back(std::move(cpu));
  MetricFamily memory =
      SampledFamily(MetricType::Gauge, "traind_serving_worker_resident_memory_bytes",
                    "Memory in RAM of the process that predicts apart; 0 while there is none.");
  AddSample(static_cast<double>(worker.resident_bytes), {{"device", worker.device}}, memory);
  families.push_back(std::move(memory));
}

}  // namespace

std::vector<MetricFamily> ServingMetrics::Collect() const {
  std::vector<MetricFamily> families;
  if (sources_.queue_depth) {
    families.push_back(Sample(MetricType::Gauge, "traind_predict_queue_depth",
                              "Predict requests that wait for a thread.", sources_.queue_depth()));
  }
  if (!sources_.state) return families;
  const ServingState state = sources_.state();
  families.push_back(Sample(MetricType::Gauge, "traind_ready",
                            "1 while the server takes requests and has loaded what is in use; 0 "
                            "while it starts or stops.",
                            state.is_ready ? 1 : 0));
  MetricFamily versions = VersionsFamily(state.versions, sources_.versions_max);
  if (!versions.metric.empty()) families.push_back(std::move(versions));
  if (state.worker.has_value()) AddWorker(*state.worker, families);
  return families;
}

}  // namespace traind
