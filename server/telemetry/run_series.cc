#include "server/telemetry/run_series.h"

#include <algorithm>
#include <cstdint>

#include "server/telemetry/families.h"
#include "server/telemetry/model_metrics.h"

namespace traind {
namespace {

double Share(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

RunFamilies::RunFamilies(prometheus::Registry& registry)
    : state(GaugeFamily("traind_run_state",
                        "Always 1; the label tells in which state a recent run is now.", registry)),
      epoch(GaugeFamily("traind_run_epoch", "Newest epoch of a run, 1-based; 0 before the first.",
                        registry)),
      epochs(GaugeFamily("traind_run_epochs", "Epochs that a run is asked for.", registry)),
      progress(GaugeFamily("traind_run_progress_ratio",
                           "Share of a run's steps that are done, 0 to 1.", registry)),
      loss(GaugeFamily("traind_run_loss",
                       "Newest known loss of a run: of a training batch (train) or of the "
                       "evaluation after an epoch (eval).",
                       registry)),
      accuracy(GaugeFamily("traind_run_accuracy",
                           "Share of rows whose class was right in a run's newest finished "
                           "epoch, 0 to 1, by split (train or eval).",
                           registry)),
      learning_rate(GaugeFamily("traind_run_learning_rate",
                                "Learning rate of a run's newest reported step.", registry)),
      last_report(GaugeFamily("traind_run_last_report_timestamp_seconds",
                              "When a run's worker last said hello or reported an event or "
                              "progress, in seconds since 1970.",
                              registry)) {}

RunSeries::RunSeries(const v1::Run& run, const std::string& model, RunFamilies& families)
    : families_(families),
      labels_({{"model", model}, {"run", run.id()}}),
      epoch_count_(run.recipe().epoch_count()),
      epoch_(Add(families.epoch, 0)),
      progress_(Add(families.progress, 0)) {
  Add(families.epochs, epoch_count_);
  SetState(run.state());
  if (run.has_last_epoch()) SetEpochFigures(run.last_epoch());
}

RunSeries::~RunSeries() {
  for (const auto& [family, gauge] : made_) family->Remove(gauge);
  if (state_ != nullptr) families_.state.Remove(state_);
}

void RunSeries::SetState(v1::RunState state) {
  // The new one first: a scrape in between must not find the run without a state.
  prometheus::Labels labels = labels_;
  labels["state"] = StateLabel(state);
  prometheus::Gauge* const now = &families_.state.Add(labels, 1.0);
  if (state_ != nullptr && state_ != now) families_.state.Remove(state_);
  state_ = now;
}

void RunSeries::SetEpoch(int epoch) { epoch_.Set(epoch); }

void RunSeries::SetProgress(int epochs_done, double epoch_share) {
  if (epoch_count_ <= 0) return;
  progress_.Set(std::clamp((epochs_done + epoch_share) / epoch_count_, 0.0, 1.0));
}

void RunSeries::SetTrainLoss(double loss) {
  Set(train_loss_, families_.loss, loss, {{"split", "train"}});
}

void RunSeries::SetLearningRate(double learning_rate) {
  Set(learning_rate_, families_.learning_rate, learning_rate);
}

void RunSeries::SetEpochFigures(const v1::EpochFinished& epoch) {
  SetEpoch(epoch.epoch());
  SetProgress(epoch.epoch(), 0);
  SetTrainLoss(epoch.last_loss());
  Set(eval_loss_, families_.loss, epoch.eval_loss(), {{"split", "eval"}});
  Set(train_accuracy_, families_.accuracy,
      Share(epoch.train_correct_count(), epoch.train_sample_count()), {{"split", "train"}});
  Set(eval_accuracy_, families_.accuracy,
      Share(epoch.eval_correct_count(), epoch.eval_sample_count()), {{"split", "eval"}});
}

void RunSeries::SetLastReport(absl::Time time) {
  Set(last_report_, families_.last_report, absl::ToDoubleSeconds(time - absl::UnixEpoch()));
}

void RunSeries::Set(prometheus::Gauge*& gauge, GaugeFamily& family, double value,
                    const prometheus::Labels& more_labels) {
  if (gauge == nullptr) {
    gauge = &Add(family, value, more_labels);
  } else {
    gauge->Set(value);
  }
}

prometheus::Gauge& RunSeries::Add(GaugeFamily& family, double value,
                                  const prometheus::Labels& more_labels) {
  prometheus::Labels labels = labels_;
  labels.insert(more_labels.begin(), more_labels.end());
  prometheus::Gauge& gauge = family.Add(labels, value);
  made_.emplace_back(&family, &gauge);
  return gauge;
}

}  // namespace traind
