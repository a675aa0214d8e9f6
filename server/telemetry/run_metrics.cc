#include "server/telemetry/run_metrics.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "server/runs/run_state.h"
#include "server/telemetry/buckets.h"
#include "server/telemetry/families.h"

namespace traind {
namespace {

absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

// As many observations of the mean as there were steps: count and sum are exact.
void ObserveSteps(double mean_seconds, int64_t step_count, prometheus::Histogram& histogram) {
  const prometheus::Histogram::BucketBoundaries& buckets = StepBuckets();
  const auto bucket = std::lower_bound(buckets.begin(), buckets.end(), mean_seconds);
  std::vector<double> increments(buckets.size() + 1, 0);
  increments[bucket - buckets.begin()] = static_cast<double>(step_count);
  histogram.ObserveMultiple(increments, mean_seconds * static_cast<double>(step_count));
}

// When a run of an earlier server began to wait.
absl::Time QueueTime(const v1::Run& run) {
  if (run.attempts_size() == 0) return ToTime(run.create_time());
  return ToTime(run.attempts(run.attempts_size() - 1).end_time());
}

bool Waits(v1::RunState state) {
  return state == v1::RUN_STATE_QUEUED || state == v1::RUN_STATE_PAUSED;
}

}  // namespace

RunMetrics::RunMetrics(const Bounds& bounds, const Clock& clock, prometheus::Registry& registry,
                       WorkerMetrics& workers)
    : bounds_(bounds),
      clock_(clock),
      workers_(workers),
      queue_depth_(
          GaugeFamily("traind_queue_depth", "Runs that wait for a slot.", registry).Add({})),
      models_(bounds.models_max, registry),
      families_(registry) {}

void RunMetrics::Adopt(const v1::Run& run) {
  absl::MutexLock lock(&mutex_);
  MoveTo(run, run.state());
  if (run.state() == v1::RUN_STATE_QUEUED) live_[run.id()].queue_time = QueueTime(run);
  SeriesOf(run);
}

void RunMetrics::OnEvent(const v1::Run& run, const v1::Event& event) {
  absl::MutexLock lock(&mutex_);
  if (event.payload_case() == v1::Event::kStateChanged) {
    OnStateChanged(run, event.state_changed().to(), ToTime(event.time()));
  }
  RunSeries* const series = SeriesOf(run);
  if (series != nullptr && event.attempt() > 0) series->SetLastReport(clock_.Now());
  switch (event.payload_case()) {
    case v1::Event::kEpochStarted:
      if (series != nullptr) series->SetEpoch(event.epoch_started().epoch());
      break;
    case v1::Event::kTrainStep:
      if (series == nullptr) break;
      series->SetTrainLoss(event.train_step().loss());
      series->SetLearningRate(event.train_step().learning_rate());
      break;
    case v1::Event::kEpochFinished:
      if (series != nullptr) series->SetEpochFigures(event.epoch_finished());
      OnEpochFinished(run, event.epoch_finished());
      break;
    case v1::Event::kCheckpointWritten: {
      ModelSeries& model = models_.Of(run.recipe().name());
      model.checkpoint_seconds.Observe(event.checkpoint_written().write_seconds());
      model.checkpoint_bytes.Increment(
          static_cast<double>(event.checkpoint_written().size_bytes()));
      break;
    }
    default:
      break;
  }
}

void RunMetrics::OnStateChanged(const v1::Run& run, v1::RunState to, absl::Time time) {
  MoveTo(run, to);
  if (IsTerminal(to)) {
    live_.erase(run.id());
  } else if (to == v1::RUN_STATE_QUEUED) {
    live_[run.id()].queue_time = time;
  } else if (to == v1::RUN_STATE_STARTING) {
    const absl::Duration waited = time - live_[run.id()].queue_time;
    models_.Of(run.recipe().name()).queue_wait.Observe(absl::ToDoubleSeconds(waited));
  }
  SeriesOf(run);
  const auto shown = shown_.find(run.id());
  if (shown == shown_.end()) return;
  shown->second.series->SetState(to);
  if (to == v1::RUN_STATE_RUNNING) shown->second.series->SetLastReport(clock_.Now());
  using Rank = ShownRun::Rank;
  SetRank(IsTerminal(to) ? Rank::kEnded : (Waits(to) ? Rank::kWaits : Rank::kWorks), shown->second);
}

void RunMetrics::OnEpochFinished(const v1::Run& run, const v1::EpochFinished& epoch) {
  CountRows(run, epoch.epoch(), epoch.train_sample_count());
  ModelSeries& model = models_.Of(run.recipe().name());
  model.data_wait.Increment(std::max(epoch.data_wait_seconds(), 0.0));
  if (epoch.step_count() <= 0) return;
  ObserveSteps(epoch.train_seconds() / static_cast<double>(epoch.step_count()), epoch.step_count(),
               model.step_seconds);
}

void RunMetrics::OnProgress(const v1::Run& run, const v1::Progress& progress) {
  absl::MutexLock lock(&mutex_);
  // One that was overtaken by the run's end must not bring its series back.
  if (live_.count(run.id()) == 0) return;
  const auto step_count = static_cast<double>(std::max<int64_t>(progress.step_count(), 1));
  if (RunSeries* const series = SeriesOf(run)) {
    series->SetEpoch(progress.epoch());
    series->SetTrainLoss(progress.loss());
    series->SetProgress(progress.epoch() - 1,
                        static_cast<double>(progress.step_in_epoch()) / step_count);
    series->SetLastReport(clock_.Now());
  }
  // The last batch of an epoch may be shorter: its rows wait for the exact count.
  const int64_t full_steps = std::min(progress.step_in_epoch(), progress.step_count() - 1);
  CountRows(run, progress.epoch(), full_steps * run.recipe().batch_size());
}

void RunMetrics::OnAttemptEnded(const v1::Run& run, AttemptEnd end) {
  absl::MutexLock lock(&mutex_);
  models_.Of(run.recipe().name()).attempts[static_cast<size_t>(end)]->Increment();
}

void RunMetrics::CountRows(const v1::Run& run, int epoch, int64_t epoch_rows) {
  LiveRun& live = live_[run.id()];
  // Another attempt repeats epochs, and its rows are work that was done again.
  const auto newest = std::make_tuple(live.attempt, live.epoch);
  const auto reported = std::make_tuple(run.attempts_size(), epoch);
  if (reported < newest) return;
  if (reported > newest) {
    std::tie(live.attempt, live.epoch) = reported;
    live.epoch_rows_counted = 0;
  }
  if (epoch_rows <= live.epoch_rows_counted) return;
  models_.Of(run.recipe().name())
      .samples.Increment(static_cast<double>(epoch_rows - live.epoch_rows_counted));
  live.epoch_rows_counted = epoch_rows;
}

void RunMetrics::MoveTo(const v1::Run& run, v1::RunState state) {
  ModelSeries& model = models_.Of(run.recipe().name());
  LiveRun& live = live_[run.id()];
  if (live.state != v1::RUN_STATE_UNSPECIFIED) model.runs[live.state]->Decrement();
  if (live.state == v1::RUN_STATE_QUEUED) queue_depth_.Decrement();
  // An earlier server may have died between a run's creation and its first state.
  if (state != v1::RUN_STATE_UNSPECIFIED) model.runs[state]->Increment();
  if (state == v1::RUN_STATE_QUEUED) queue_depth_.Increment();
  live.state = state;
}

RunSeries* RunMetrics::SeriesOf(const v1::Run& run) {
  const auto found = shown_.find(run.id());
  if (found != shown_.end()) return found->second.series.get();
  const auto live = live_.find(run.id());
  if (live == live_.end()) return nullptr;
  const ShownRun::Rank rank =
      Waits(live->second.state) ? ShownRun::Rank::kWaits : ShownRun::Rank::kWorks;
  if (!MakeRoom(rank)) return nullptr;
  const std::string model = models_.Of(run.recipe().name()).model;
  ShownRun& shown = shown_[run.id()];
  SetRank(rank, shown);
  shown.series = std::make_unique<RunSeries>(run, model, families_);
  workers_.Add(run.id(), model);
  return shown.series.get();
}

void RunMetrics::SetRank(ShownRun::Rank rank, ShownRun& shown) {
  shown.rank = rank;
  shown.rank_time = clock_.Now();
  shown.rank_number = next_rank_number_++;
}

bool RunMetrics::MakeRoom(ShownRun::Rank rank) {
  if (static_cast<int>(shown_.size()) < bounds_.runs_max) return true;
  if (rank == ShownRun::Rank::kWaits) return false;
  // Of those that wait the last in the queue goes, of the others the first that came.
  const auto order = [](const ShownRun& shown) {
    const bool waits = shown.rank == ShownRun::Rank::kWaits;
    return std::make_tuple(shown.rank, waits ? -shown.rank_number : shown.rank_number);
  };
  const auto first_to_go = std::min_element(
      shown_.begin(), shown_.end(),
      [&](const auto& a, const auto& b) { return order(a.second) < order(b.second); });
  if (first_to_go == shown_.end() || first_to_go->second.rank == rank) return false;
  Hide(first_to_go);
  return true;
}

RunMetrics::Shown::iterator RunMetrics::Hide(Shown::iterator shown) {
  workers_.Remove(shown->first);
  return shown_.erase(shown);
}

void RunMetrics::Expire() {
  absl::MutexLock lock(&mutex_);
  const absl::Time now = clock_.Now();
  for (auto shown = shown_.begin(); shown != shown_.end();) {
    const bool over = shown->second.rank == ShownRun::Rank::kEnded &&
                      now - shown->second.rank_time >= bounds_.linger;
    shown = over ? Hide(shown) : std::next(shown);
  }
}

}  // namespace traind
