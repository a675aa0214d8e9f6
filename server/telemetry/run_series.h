#ifndef TRAIND_SERVER_TELEMETRY_RUN_SERIES_H_
#define TRAIND_SERVER_TELEMETRY_RUN_SERIES_H_

#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "traind/v1/run.pb.h"

namespace traind {

// The families whose series belong to one run each. `registry` must outlive them.
struct RunFamilies {
  explicit RunFamilies(prometheus::Registry& registry);

  prometheus::Family<prometheus::Gauge>& state;
  prometheus::Family<prometheus::Gauge>& epoch;
  prometheus::Family<prometheus::Gauge>& epochs;
  prometheus::Family<prometheus::Gauge>& progress;
  prometheus::Family<prometheus::Gauge>& loss;
  prometheus::Family<prometheus::Gauge>& accuracy;
  prometheus::Family<prometheus::Gauge>& learning_rate;
  prometheus::Family<prometheus::Gauge>& last_report;
};

// The series of one run: its state, epochs and progress from the start, each of
// the others from when its value is first known, since a loss or an accuracy of 0
// would be a lie. They go with this. Not thread-safe, but for scrapes.
class RunSeries {
 public:
  // `families` must outlive the series.
  RunSeries(const v1::Run& run, const std::string& model, RunFamilies& families);
  RunSeries(const RunSeries&) = delete;
  ~RunSeries();

  void SetState(v1::RunState state);
  void SetEpoch(int epoch);
  // How far the run is: `epochs_done` whole ones and `epoch_share` of the next.
  void SetProgress(int epochs_done, double epoch_share);
  void SetTrainLoss(double loss);
  void SetLearningRate(double learning_rate);
  // All that an epoch's end tells.
  void SetEpochFigures(const v1::EpochFinished& epoch);
  // Its worker was heard.
  void SetLastReport(absl::Time time);

 private:
  using GaugeFamily = prometheus::Family<prometheus::Gauge>;
  // A gauge that is made when it gets its first value.
  void Set(prometheus::Gauge*& gauge, GaugeFamily& family, double value,
           const prometheus::Labels& more_labels = {});
  prometheus::Gauge& Add(GaugeFamily& family, double value,
                         const prometheus::Labels& more_labels = {});

  RunFamilies& families_;
  const prometheus::Labels labels_;
  const int epoch_count_;
  std::vector<std::pair<GaugeFamily*, prometheus::Gauge*>> made_;
  prometheus::Gauge* state_ = nullptr;
  prometheus::Gauge& epoch_;
  prometheus::Gauge& progress_;
  prometheus::Gauge* train_loss_ = nullptr;
  prometheus::Gauge* eval_loss_ = nullptr;
  prometheus::Gauge* train_accuracy_ = nullptr;
  prometheus::Gauge* eval_accuracy_ = nullptr;
  prometheus::Gauge* learning_rate_ = nullptr;
  prometheus::Gauge* last_report_ = nullptr;
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_RUN_SERIES_H_
