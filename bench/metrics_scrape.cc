// What a scrape of the largest page costs: 100 runs with all their series and
// workers, 100 model versions that have answered Predict.

#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "server/base/clock.h"
#include "server/telemetry/metrics.h"
#include "tests/telemetry/full_page.h"
#include "tests/telemetry/observed.h"

namespace traind {
namespace {

void ScrapePage(benchmark::State& state) {
  const auto count = static_cast<int>(state.range(0));
  const std::unique_ptr<Metrics> metrics = FullPage(count, count, "libnvidia-ml.so.1", RealClock());
  size_t bytes = 0;
  for (auto unused : state) bytes = PageText(*metrics).size();
  state.counters["page_bytes"] = static_cast<double>(bytes);
}
BENCHMARK(ScrapePage)->Arg(1)->Arg(100)->Unit(benchmark::kMillisecond);

// What each Predict pays for being counted.
void CountPredict(benchmark::State& state) {
  const std::unique_ptr<Metrics> metrics = FullPage(1, 1, "libnvidia-ml.so.1", RealClock());
  const PredictOutcome outcome = ObservedPredict("s4", 1);
  for (auto unused : state) metrics->OnPredict(outcome);
}
BENCHMARK(CountPredict)->Unit(benchmark::kNanosecond);

}  // namespace
}  // namespace traind

BENCHMARK_MAIN();
