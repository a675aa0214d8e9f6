#include "server/telemetry/predict_metrics.h"

#include "absl/strings/str_cat.h"
#include "server/telemetry/buckets.h"
#include "server/telemetry/families.h"

namespace traind {

PredictMetrics::PredictMetrics(const Bounds& bounds, prometheus::Registry& registry)
    : bounds_(bounds),
      requests_(CounterFamily("traind_predict_requests_total",
                              "Predict requests answered, by model, version and code.", registry)),
      rows_(CounterFamily("traind_predict_rows_total", "Rows that Predict has answered with OK.",
                          registry)),
      duration_(HistogramFamily("traind_predict_duration_seconds",
                                "Time of Predict requests from arrival to answer, whatever the "
                                "code.",
                                registry)),
      queue_(HistogramFamily("traind_predict_queue_seconds",
                             "Time that Predict requests waited for a thread; refused ones did "
                             "not wait.",
                             registry)),
      compute_(HistogramFamily("traind_predict_compute_seconds",
                               "Time that the model took for Predict requests.", registry)),
      batch_rows_(HistogramFamily("traind_predict_batch_rows",
                                  "Rows that were computed together, once for each execution.",
                                  registry)),
      stuck_(CounterFamily("traind_predict_stuck_total",
                           "Executions that did not come back in time.", registry)) {
  GaugeFamily("traind_predict_queue_limit", "Predict requests that may wait at once.", registry)
      .Add({}, bounds.queue_limit);
}

void PredictMetrics::OnPredict(const PredictOutcome& outcome) {
  absl::MutexLock lock(&mutex_);
  Series& series = SeriesOf({outcome.model, outcome.model.empty() ? 0 : outcome.version});
  RequestsOf(outcome.code, series).Increment();
  series.duration.Observe(absl::ToDoubleSeconds(outcome.total_time));
  if (outcome.queue_time.has_value()) {
    series.queue.Observe(absl::ToDoubleSeconds(*outcome.queue_time));
  }
  if (outcome.compute_time.has_value()) {
    series.compute.Observe(absl::ToDoubleSeconds(*outcome.compute_time));
  }
  if (outcome.code == absl::StatusCode::kOk) {
    series.rows.Increment(static_cast<double>(outcome.row_count));
  }
}

void PredictMetrics::OnBatch(const PredictBatch& batch) {
  absl::MutexLock lock(&mutex_);
  SeriesOf({batch.model, batch.version}).batch_rows.Observe(static_cast<double>(batch.row_count));
}

void PredictMetrics::OnStuck(const StuckExecution& execution) {
  absl::MutexLock lock(&mutex_);
  SeriesOf({execution.model, execution.version}).stuck.Increment();
}

void PredictMetrics::OnPublished(const std::string& model, int64_t version) {
  absl::MutexLock lock(&mutex_);
  if (static_cast<int>(series_.size()) < bounds_.versions_max) SeriesOf({model, version});
}

PredictMetrics::Series& PredictMetrics::SeriesOf(const Key& key) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    series_.splice(series_.begin(), series_, found->second);
    return series_.front();
  }
  if (static_cast<int>(series_.size()) >= bounds_.versions_max) RemoveLeastRecentlyUsed();
  const auto& [model, version] = key;
  const prometheus::Labels labels = {{"model", model},
                                     {"version", model.empty() ? "" : absl::StrCat(version)}};
  series_.push_front({.key = key,
                      .labels = labels,
                      .requests = {},
                      .rows = rows_.Add(labels),
                      .duration = duration_.Add(labels, LatencyBuckets()),
                      .queue = queue_.Add(labels, LatencyBuckets()),
                      .compute = compute_.Add(labels, LatencyBuckets()),
                      .batch_rows = batch_rows_.Add(labels, RowBuckets()),
                      .stuck = stuck_.Add(labels)});
  by_key_[key] = series_.begin();
  // So that increase() sees the first request that is answered.
  RequestsOf(absl::StatusCode::kOk, series_.front());
  return series_.front();
}

prometheus::Counter& PredictMetrics::RequestsOf(absl::StatusCode code, Series& series) {
  prometheus::Counter*& counter = series.requests[code];
  if (counter == nullptr) {
    prometheus::Labels labels = series.labels;
    labels["code"] = absl::StatusCodeToString(code);
    counter = &requests_.Add(labels);
  }
  return *counter;
}

void PredictMetrics::RemoveLeastRecentlyUsed() {
  Series& last = series_.back();
  for (const auto& [code, counter] : last.requests) requests_.Remove(counter);
  rows_.Remove(&last.rows);
  duration_.Remove(&last.duration);
  queue_.Remove(&last.queue);
  compute_.Remove(&last.compute);
  batch_rows_.Remove(&last.batch_rows);
  stuck_.Remove(&last.stuck);
  by_key_.erase(last.key);
  series_.pop_back();
}

}  // namespace traind
