// The part of a run's life that workers drive: attempts start, report and end.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/runs/run_service.h"
#include "server/runs/run_state.h"
#include "server/runs/timestamps.h"

namespace traind {
namespace {

// Updates what a run shows of its newest and best epoch.
void NoteEpoch(const v1::EpochFinished& epoch, v1::Run& run) {
  run.set_epochs_finished(epoch.epoch());
  *run.mutable_last_epoch() = epoch;
  const bool by_loss = run.recipe().selection().metric() == v1::SELECTION_METRIC_LOSS;
  const bool better =
      !run.has_best_epoch() ||
      (by_loss ? epoch.eval_loss() <= run.best_epoch().eval_loss()
               : epoch.eval_correct_count() >= run.best_epoch().eval_correct_count());
  if (better) *run.mutable_best_epoch() = epoch;
}

// For people: an attempt repeats an earlier one with other figures.
v1::Event DivergenceMessage(const v1::Event& event, int attempt) {
  v1::Event message;
  message.set_attempt(attempt);
  message.mutable_message()->set_severity(v1::SEVERITY_WARNING);
  message.mutable_message()->set_text(absl::StrCat(
      "attempt ", attempt, " does not repeat the earlier figures bit for bit, first at { ",
      event.ShortDebugString(), " }; the stored ones stay"));
  return message;
}

// How long the retry after the n-th lost attempt waits: the first not at all, then
// 2 s, 4 s, 8 s…: what makes workers die may pass.
absl::Duration RetryDelay(int lost, absl::Duration max) {
  if (lost <= 1) return absl::ZeroDuration();
  return std::min(max, absl::Seconds(1) * (int64_t{1} << std::min(lost - 1, 30)));
}

int LostAttempts(const v1::Run& run) {
  return static_cast<int>(std::count_if(run.attempts().begin(), run.attempts().end(),
                                        [](const v1::Attempt& attempt) { return attempt.lost(); }));
}

}  // namespace

absl::StatusOr<v1::Run> RunService::RunOf(const AttemptKey& attempt) {
  auto active = active_.find(attempt.run_id);
  auto worker = workers_.find(attempt);
  if (active == active_.end() || worker == workers_.end() || worker->second.attempt_ended ||
      active->second.run.attempts_size() != attempt.attempt) {
    return absl::FailedPreconditionError(
        absl::StrCat("attempt ", attempt.DebugString(), " is stale: the run goes on without it"));
  }
  worker->second.last_seen = with_.clock.Now();
  return active->second.run;
}

absl::StatusOr<worker::v1::Assignment> RunService::OnWorkerHello(const AttemptKey& attempt,
                                                                 int64_t pid) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(v1::Run run, RunOf(attempt));
  std::vector<v1::Event> events;
  RETURN_IF_ERROR(Transition(
      run, v1::RUN_STATE_RUNNING,
      absl::StrCat("attempt ", attempt.attempt, " on ", run.execution().device()), events));
  run.mutable_attempts(run.attempts_size() - 1)->set_pid(pid);
  RETURN_IF_ERROR(Commit(run, std::move(events)));
  workers_.find(attempt)->second.said_hello = true;
  worker::v1::Assignment assignment;
  *assignment.mutable_recipe() = run.recipe();
  *assignment.mutable_execution() = run.execution();
  assignment.set_datasets_directory(with_.datasets.root());
  assignment.set_checkpoint_directory(
      absl::StrCat(options_.runs_directory, "/", run.id(), "/checkpoints"));
  return assignment;
}

absl::Status RunService::OnWorkerEvents(const AttemptKey& attempt, std::vector<v1::Event> events) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(v1::Run run, RunOf(attempt));
  ActiveRun& active = active_.find(run.id())->second;
  std::vector<v1::Event> fresh;
  for (v1::Event& event : events) {
    if (event.payload_case() == v1::Event::kStateChanged ||
        event.payload_case() == v1::Event::kModelPublished ||
        event.payload_case() == v1::Event::PAYLOAD_NOT_SET) {
      return absl::InvalidArgumentError(
          "events: expected metrics, checkpoints and messages, got an event that only the server "
          "may write");
    }
    // The newest checkpoint is remembered from repeats too: its files are rewritten.
    if (event.has_checkpoint_written() && event.checkpoint_written().best()) {
      active.best_checkpoint = event.checkpoint_written();
    }
    const StoredMetrics::Match match = active.stored_metrics.Compare(event);
    if (match == StoredMetrics::Match::kDiffers && !active.divergence_was_told) {
      active.divergence_was_told = true;
      fresh.push_back(DivergenceMessage(event, attempt.attempt));
    }
    if (match != StoredMetrics::Match::kNew) continue;
    event.set_attempt(attempt.attempt);
    if (event.has_epoch_finished()) NoteEpoch(event.epoch_finished(), run);
    fresh.push_back(std::move(event));
  }
  if (fresh.empty()) return absl::OkStatus();
  return Commit(std::move(run), std::move(fresh));
}

void RunService::OnWorkerProgress(const AttemptKey& attempt, const v1::Progress& progress) {
  absl::MutexLock lock(&mutex_);
  absl::StatusOr<v1::Run> run = RunOf(attempt);
  if (!run.ok()) return;
  active_.find(run->id())->second.progress = progress;
  with_.event_log.PublishProgress(run->id(), progress);
  for (RunObserver* observer : with_.observers) observer->OnProgress(*run, progress);
}

void RunService::OnWorkerHeartbeat(const AttemptKey& attempt) {
  absl::MutexLock lock(&mutex_);
  RunOf(attempt).IgnoreError();
}

absl::Status RunService::OnWorkerFinished(const AttemptKey& attempt,
                                          const worker::v1::Finished& finished) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(v1::Run run, RunOf(attempt));
  if (run.state() == v1::RUN_STATE_STOPPING) {
    return EndRun(std::move(run), v1::RUN_STATE_CANCELLED, "cancelled by a user",
                  AttemptEnd::kStopped);
  }
  switch (finished.outcome()) {
    case worker::v1::OUTCOME_SUCCEEDED:
      return Succeed(std::move(run));
    case worker::v1::OUTCOME_FAILED:
      if (finished.error().failure_class() == v1::FAILURE_CLASS_SYSTEM) {
        return SettleLostAttempt(std::move(run), finished.error().message());
      }
      return EndRun(std::move(run), v1::RUN_STATE_FAILED, finished.error().message(),
                    AttemptEnd::kFailed, &finished.error());
    case worker::v1::OUTCOME_STOPPED:
      if (draining_) {
        // The run stays in flight in the store; Reconcile puts it back into the queue.
        EndAttempt(run, AttemptEnd::kStopped);
        return absl::OkStatus();
      }
      return SettleLostAttempt(std::move(run), "the worker stopped without being asked to");
    default:
      return absl::InvalidArgumentError("finished.outcome: expected a known outcome");
  }
}

absl::Status RunService::Succeed(v1::Run run) {
  ActiveRun& active = active_.find(run.id())->second;
  absl::StatusOr<v1::ModelVersion> version =
      absl::FailedPreconditionError("the training wrote no checkpoint");
  if (active.best_checkpoint.has_value()) {
    version = with_.publisher.Publish(run, *active.best_checkpoint);
  }
  if (!version.ok()) {
    v1::RunError error;
    error.set_failure_class(absl::IsResourceExhausted(version.status()) ? v1::FAILURE_CLASS_RESOURCE
                                                                        : v1::FAILURE_CLASS_SYSTEM);
    error.set_message(
        absl::StrCat("the model could not be published: ", version.status().ToString()));
    return EndRun(std::move(run), v1::RUN_STATE_FAILED, error.message(), AttemptEnd::kFailed,
                  &error);
  }
  run.set_published_version(version->version());
  std::vector<v1::Event> events;
  v1::ModelPublished& published = *events.emplace_back().mutable_model_published();
  published.set_model(version->model());
  published.set_version(version->version());
  published.set_epoch(version->epoch());
  absl::Status ended =
      Transition(run, v1::RUN_STATE_SUCCEEDED,
                 absl::StrCat("all ", run.epochs_finished(), " epochs are done"), events);
  if (ended.ok()) ended = Commit(run, std::move(events));
  EndAttempt(run, AttemptEnd::kFinished);
  return ended;
}

absl::Status RunService::SettleLostAttempt(v1::Run run, absl::string_view how) {
  v1::Attempt& attempt = *run.mutable_attempts(run.attempts_size() - 1);
  attempt.set_lost(true);
  const int lost = LostAttempts(run);
  const int budget = run.execution().max_retries();
  if (lost <= budget) {
    const absl::Duration delay = RetryDelay(lost, options_.limits.retry_delay_max);
    active_.find(run.id())->second.not_before = with_.clock.Now() + delay;
    const std::string when =
        delay == absl::ZeroDuration() ? "" : absl::StrCat(" in ", absl::FormatDuration(delay));
    const absl::Status queued =
        Requeue(run, absl::StrCat("attempt ", attempt.number(), " was lost (", how, "); retry ",
                                  lost, " of ", budget, when));
    EndAttempt(active_.find(run.id())->second.run, AttemptEnd::kLost);
    return queued;
  }
  v1::RunError error;
  error.set_failure_class(v1::FAILURE_CLASS_SYSTEM);
  error.set_message(absl::StrCat("attempt ", attempt.number(), " was lost (", how,
                                 ") and the retry budget of ", budget,
                                 " is used up; start it again with --max-retries N to allow more"));
  const std::string message = error.message();
  return EndRun(std::move(run), v1::RUN_STATE_FAILED, message, AttemptEnd::kLost, &error);
}

void RunService::OnWorkerExited(const AttemptKey& attempt, absl::string_view how) {
  std::vector<AttemptKey> launches;
  {
    absl::MutexLock lock(&mutex_);
    auto worker = workers_.find(attempt);
    if (worker == workers_.end()) return;
    const std::string reason = worker->second.kill_reason.empty()
                                   ? std::string(how)
                                   : absl::StrCat(worker->second.kill_reason, ", ", how);
    if (!worker->second.attempt_ended) SettleExit(attempt.run_id, reason);
    workers_.erase(attempt);
    launches = Schedule();
  }
  LaunchAll(launches);
}

void RunService::SettleExit(const std::string& run_id, absl::string_view how) {
  auto active = active_.find(run_id);
  if (active == active_.end()) return;
  v1::Run run = active->second.run;
  // The run stays in flight in the store; Reconcile puts it back into the queue.
  if (draining_) return EndAttempt(run, AttemptEnd::kStopped);
  const absl::Status settled =
      run.state() == v1::RUN_STATE_STOPPING
          ? EndRun(std::move(run), v1::RUN_STATE_CANCELLED,
                   absl::StrCat("cancelled by a user; the worker was ended by force (", how, ")"),
                   AttemptEnd::kStopped)
          : SettleLostAttempt(std::move(run), absl::StrCat("worker ", how));
  // A store that cannot take this leaves the run in flight; Reconcile settles it later.
  settled.IgnoreError();
}

std::vector<AttemptKey> RunService::Schedule() {
  std::vector<AttemptKey> launches;
  if (draining_) return launches;
  SchedulerSnapshot snapshot;
  for (QueuedRun& queued : Queue()) {
    const absl::Time not_before = active_.find(queued.run_id)->second.not_before;
    if (not_before <= with_.clock.Now()) snapshot.queue.push_back(std::move(queued));
  }
  for (const std::string& device : options_.devices) snapshot.free_slots[device] = 1;
  for (const auto& [attempt, worker] : workers_) --snapshot.free_slots[worker.device];
  for (const std::string& run_id : RunsToStart(snapshot)) {
    v1::Run run = active_.find(run_id)->second.run;
    v1::Attempt& attempt = *run.add_attempts();
    attempt.set_number(run.attempts_size());
    *attempt.mutable_start_time() = ToTimestamp(with_.clock.Now());
    std::vector<v1::Event> events;
    absl::Status started =
        Transition(run, v1::RUN_STATE_STARTING, "a worker is being started", events);
    if (started.ok()) started = Commit(run, std::move(events));
    if (!started.ok()) continue;  // Still queued; the next chance is the next Schedule.
    queue_.erase(std::find(queue_.begin(), queue_.end(), run_id));
    const AttemptKey key{run_id, run.attempts_size()};
    Worker& worker = workers_[key];
    worker.device = run.execution().device();
    worker.start_time = worker.last_seen = with_.clock.Now();
    launches.push_back(key);
  }
  return launches;
}

void RunService::LaunchAll(const std::vector<AttemptKey>& attempts) {
  for (const AttemptKey& attempt : attempts) {
    absl::StatusOr<int64_t> pid = with_.launcher.Launch(attempt);
    if (!pid.ok()) {
      OnWorkerExited(attempt, absl::StrCat("could not be started: ", pid.status().message()));
    }
  }
}

absl::Status RunService::LoadDerived(ActiveRun& active) {
  constexpr int kPage = 4096;
  int64_t after = 0;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<v1::Event> events,
                     with_.store.ReadEvents(active.run.id(), after, kPage));
    for (const v1::Event& event : events) {
      active.stored_metrics.Note(event);
      if (event.has_checkpoint_written() && event.checkpoint_written().best()) {
        active.best_checkpoint = event.checkpoint_written();
      }
    }
    if (events.empty()) return absl::OkStatus();
    after = events.back().sequence();
  }
}

absl::Status RunService::Reconcile() {
  std::vector<AttemptKey> launches;
  {
    absl::MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(const std::vector<v1::Run> runs, with_.store.ListActive());
    for (const v1::Run& run : runs) {
      ActiveRun& active = active_[run.id()];
      active.run = run;
      RETURN_IF_ERROR(LoadDerived(active));
      if (run.state() == v1::RUN_STATE_QUEUED) {
        queue_.push_back(run.id());
      } else if (run.state() == v1::RUN_STATE_STOPPING) {
        RETURN_IF_ERROR(
            EndRun(run, v1::RUN_STATE_CANCELLED, "cancelled by a user", AttemptEnd::kStopped));
      } else if (run.state() != v1::RUN_STATE_PAUSED) {
        RETURN_IF_ERROR(
            Requeue(run, run.attempts_size() == 0 ? "accepted" : "the server was restarted"));
      }
    }
    launches = Schedule();
  }
  LaunchAll(launches);
  return absl::OkStatus();
}

void RunService::Tick() {
  std::vector<AttemptKey> late;
  std::vector<AttemptKey> launches;
  {
    absl::MutexLock lock(&mutex_);
    const absl::Time now = with_.clock.Now();
    for (auto& [attempt, worker] : workers_) {
      if (!worker.kill_reason.empty()) continue;
      if (!worker.said_hello && now - worker.start_time > options_.limits.worker_start_timeout) {
        worker.kill_reason =
            absl::StrCat("did not say hello within ",
                         absl::FormatDuration(options_.limits.worker_start_timeout));
      } else if (now - worker.last_seen > options_.limits.worker_silence_timeout) {
        worker.kill_reason = absl::StrCat(
            "was silent for ", absl::FormatDuration(options_.limits.worker_silence_timeout));
      }
      if (!worker.kill_reason.empty()) late.push_back(attempt);
    }
    // A retry may have become due.
    launches = Schedule();
  }
  for (const AttemptKey& attempt : late) with_.launcher.Kill(attempt);
  LaunchAll(launches);
}

void RunService::Drain(absl::Duration grace) {
  std::vector<AttemptKey> attempts;
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
    for (const auto& [attempt, worker] : workers_) attempts.push_back(attempt);
  }
  for (const AttemptKey& attempt : attempts) with_.launcher.RequestStop(attempt, grace);
}

bool RunService::WaitForWorkers(absl::Time deadline) const {
  absl::MutexLock lock(&mutex_);
  const auto none_left = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return workers_.empty(); };
  return mutex_.AwaitWithDeadline(absl::Condition(&none_left), deadline);
}

}  // namespace traind
