#include "server/telemetry/run_metrics.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"

namespace traind {
namespace {

// `running` for RUN_STATE_RUNNING.
std::string StateLabel(v1::RunState state) {
  return absl::AsciiStrToLower(absl::StripPrefix(v1::RunState_Name(state), "RUN_STATE_"));
}

bool IsEnd(v1::RunState state) {
  return state == v1::RUN_STATE_SUCCEEDED || state == v1::RUN_STATE_FAILED ||
         state == v1::RUN_STATE_CANCELLED;
}

// From a small network's step on a GPU to a large one's on a CPU, in seconds.
const prometheus::Histogram::BucketBoundaries kStepBuckets = {
    0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015,
    0.02,   0.03,  0.05,  0.1,   0.25,  0.5,    1,    5};

// As many observations of the mean as there were steps: count and sum are exact.
void ObserveSteps(double mean_seconds, int64_t step_count, prometheus::Histogram& histogram) {
  const auto bucket = std::lower_bound(kStepBuckets.begin(), kStepBuckets.end(), mean_seconds);
  std::vector<double> increments(kStepBuckets.size() + 1, 0);
  increments[bucket - kStepBuckets.begin()] = static_cast<double>(step_count);
  histogram.ObserveMultiple(increments, mean_seconds * static_cast<double>(step_count));
}

double Share(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

prometheus::Family<prometheus::Gauge>& GaugeFamily(const char* name, const char* help,
                                                   prometheus::Registry& registry) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

}  // namespace

RunMetrics::RunMetrics(const Bounds& bounds, const Clock& clock, prometheus::Registry& registry)
    : bounds_(bounds),
      clock_(clock),
      runs_(GaugeFamily("traind_runs", "Runs by state; ended ones since this server's start.",
                        registry)),
      epoch_(GaugeFamily("traind_run_epoch", "Newest epoch of a run, 1-based.", registry)),
      loss_(GaugeFamily("traind_run_loss", "Newest known loss of a run's training batches.",
                        registry)),
      accuracy_(GaugeFamily("traind_run_accuracy",
                            "Share of rows whose class was right in a run's newest finished "
                            "epoch, 0 to 1, by split (train or eval).",
                            registry)),
      samples_(prometheus::BuildCounter()
                   .Name("traind_train_samples_total")
                   .Help("Training rows that have gone through an optimizer step.")
                   .Register(registry)),
      step_seconds_(prometheus::BuildHistogram()
                        .Name("traind_train_step_seconds")
                        .Help("Wall time of optimizer steps; each epoch's steps count with "
                              "their mean.")
                        .Register(registry)) {}

void RunMetrics::Adopt(const v1::Run& run) {
  absl::MutexLock lock(&mutex_);
  MoveTo(run, run.state());
}

void RunMetrics::OnEvent(const v1::Run& run, const v1::Event& event) {
  absl::MutexLock lock(&mutex_);
  switch (event.payload_case()) {
    case v1::Event::kStateChanged: {
      const v1::RunState to = event.state_changed().to();
      MoveTo(run, to);
      if (!IsEnd(to)) break;
      live_.erase(run.id());
      if (series_.count(run.id()) > 0) ended_.push_back({run.id(), clock_.Now()});
      break;
    }
    case v1::Event::kEpochStarted:
      live_[run.id()].epoch_rows_counted = 0;
      SeriesOf(run).epoch.Set(event.epoch_started().epoch());
      break;
    case v1::Event::kTrainStep:
      SeriesOf(run).loss.Set(event.train_step().loss());
      break;
    case v1::Event::kEpochFinished:
      OnEpochFinished(run, event.epoch_finished());
      break;
    default:
      break;
  }
}

void RunMetrics::OnEpochFinished(const v1::Run& run, const v1::EpochFinished& epoch) {
  RunSeries& series = SeriesOf(run);
  series.epoch.Set(epoch.epoch());
  series.loss.Set(epoch.last_loss());
  prometheus::Labels labels = {{"model", ModelLabel(run)}, {"run", run.id()}, {"split", "train"}};
  series.train_accuracy = &accuracy_.Add(labels);
  series.train_accuracy->Set(Share(epoch.train_correct_count(), epoch.train_sample_count()));
  labels["split"] = "eval";
  series.eval_accuracy = &accuracy_.Add(labels);
  series.eval_accuracy->Set(Share(epoch.eval_correct_count(), epoch.eval_sample_count()));
  CountRows(run, epoch.train_sample_count());
  if (epoch.step_count() > 0) {
    ObserveSteps(epoch.train_seconds() / static_cast<double>(epoch.step_count()),
                 epoch.step_count(), step_seconds_.Add({{"model", ModelLabel(run)}}, kStepBuckets));
  }
}

void RunMetrics::OnProgress(const v1::Run& run, const v1::Progress& progress) {
  absl::MutexLock lock(&mutex_);
  // One that was overtaken by the run's end must not bring its series back.
  if (live_.count(run.id()) == 0) return;
  RunSeries& series = SeriesOf(run);
  series.epoch.Set(progress.epoch());
  series.loss.Set(progress.loss());
  // The last batch of an epoch may be shorter: its rows wait for the exact count.
  const int64_t full_steps = std::min(progress.step_in_epoch(), progress.step_count() - 1);
  CountRows(run, full_steps * run.recipe().batch_size());
}

void RunMetrics::CountRows(const v1::Run& run, int64_t epoch_rows) {
  int64_t& counted = live_[run.id()].epoch_rows_counted;
  if (epoch_rows <= counted) return;
  samples_.Add({{"model", ModelLabel(run)}}).Increment(static_cast<double>(epoch_rows - counted));
  counted = epoch_rows;
}

RunMetrics::LiveRun& RunMetrics::MoveTo(const v1::Run& run, v1::RunState state) {
  LiveRun& live = live_[run.id()];
  if (live.state != nullptr) live.state->Decrement();
  live.state = &runs_.Add({{"state", StateLabel(state)}, {"model", ModelLabel(run)}});
  live.state->Increment();
  return live;
}

RunMetrics::RunSeries& RunMetrics::SeriesOf(const v1::Run& run) {
  const auto found = series_.find(run.id());
  if (found != series_.end()) return found->second;
  if (static_cast<int>(series_.size()) >= bounds_.runs_max) RemoveOldest();
  const prometheus::Labels labels = {{"model", ModelLabel(run)}, {"run", run.id()}};
  return series_.emplace(run.id(), RunSeries{epoch_.Add(labels), loss_.Add(labels)}).first->second;
}

void RunMetrics::Expire() {
  absl::MutexLock lock(&mutex_);
  while (!ended_.empty() && clock_.Now() - ended_.front().end >= bounds_.linger) {
    RemoveSeries(ended_.front().run_id);
    ended_.pop_front();
  }
}

void RunMetrics::RemoveOldest() {
  if (!ended_.empty()) {
    RemoveSeries(ended_.front().run_id);
    ended_.pop_front();
  } else {
    RemoveSeries(series_.begin()->first);
  }
}

void RunMetrics::RemoveSeries(const std::string& run_id) {
  const auto found = series_.find(run_id);
  if (found == series_.end()) return;
  epoch_.Remove(&found->second.epoch);
  loss_.Remove(&found->second.loss);
  if (found->second.train_accuracy != nullptr) accuracy_.Remove(found->second.train_accuracy);
  if (found->second.eval_accuracy != nullptr) accuracy_.Remove(found->second.eval_accuracy);
  series_.erase(found);
}

std::string RunMetrics::ModelLabel(const v1::Run& run) {
  const std::string& model = run.recipe().name();
  if (models_.count(model) > 0) return model;
  if (static_cast<int>(models_.size()) >= bounds_.models_max) return "other";
  models_.insert(model);
  return model;
}

}  // namespace traind
