// The part of a run's life that workers drive: attempts start, report and end.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/selection_value.h"
#include "server/runs/lost_attempts.h"
#include "server/runs/note_checkpoint.h"
#include "server/runs/publish_policy.h"
#include "server/runs/run_service.h"
#include "server/runs/run_state.h"
#include "server/runs/timestamps.h"

namespace traind {
namespace {

// Updates what a run shows of its newest and best epoch.
void NoteEpoch(const v1::EpochFinished& epoch, v1::Run& run) {
  run.set_epochs_finished(epoch.epoch());
  *run.mutable_last_epoch() = epoch;
  const v1::Selection& selection = run.recipe().selection();
  if (!run.has_best_epoch() || IsAtLeastAsGood(selection, SelectionValue(selection, epoch),
                                               SelectionValue(selection, run.best_epoch()))) {
    *run.mutable_best_epoch() = epoch;
  }
}

// Whether the run has finished the epoch after which it is to be paused.
bool StandsAtPause(const v1::Run& run) {
  return run.pause_after_epoch() > 0 && run.epochs_finished() >= run.pause_after_epoch();
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

}  // namespace

absl::StatusOr<v1::Run> RunService::RunOf(const AttemptKey& attempt) {
  auto active = active_.find(attempt.run_id);
  auto worker = workers_.find(attempt);
  if (active == active_.end() || worker == workers_.end() || worker->second.attempt_ended ||
      active->second.run.attempts_size() != attempt.attempt) {
    return absl::FailedPreconditionError(
        absl::StrCat("attempt ", attempt.DebugString(), " is stale: the run goes on without it"));
  }
  worker->second.last_seen = with_.clock.Monotonic();
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
  if (with_.modules != nullptr && with_.modules->CheckAllowed().ok()) {
    assignment.set_modules_directory(with_.modules->root());
  }
  assignment.set_checkpoint_directory(
      absl::StrCat(options_.runs_directory, "/", run.id(), "/checkpoints"));
  assignment.set_trace_file(absl::StrCat(options_.runs_directory, "/", run.id(), "/trace"));
  assignment.set_stop_after_epoch(run.pause_after_epoch());
  if (run.recipe().has_initial_weights() && with_.weights != nullptr) {
    assignment.set_initial_weights_path(with_.weights->PathOf(run.recipe().initial_weights()));
  }
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
    // From repeats too: the files are written anew.
    if (event.has_checkpoint_written()) {
      NoteCheckpoint(event.checkpoint_written(), run);
      NoteCheckpoint(event.checkpoint_written(), active.run);
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
  const absl::Status stored = Commit(std::move(run), std::move(fresh));
  return absl::IsResourceExhausted(stored) ? FailForStore(active.run, stored) : stored;
}

absl::Status RunService::FailForStore(v1::Run run, const absl::Status& stored) {
  v1::RunError error;
  error.set_failure_class(v1::FAILURE_CLASS_RESOURCE);
  error.set_message(
      absl::StrCat("what the training reports cannot be stored: ", std::string(stored.message()),
                   "; what was stored before is whole"));
  ActiveRun& active = active_.find(run.id())->second;
  active.unstored_failure = error;
  // When not even this can be stored, Tick tries again.
  EndRun(std::move(run), v1::RUN_STATE_FAILED, error.message(), AttemptEnd::kFailed, &error)
      .IgnoreError();
  return stored;
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
    const std::string reason = run.state_reason();
    return EndRun(std::move(run), v1::RUN_STATE_CANCELLED, reason, AttemptEnd::kStopped);
  }
  const bool pausing = run.state() == v1::RUN_STATE_PAUSING;
  switch (finished.outcome()) {
    case worker::v1::OUTCOME_SUCCEEDED:
      return Succeed(std::move(run), finished.reason());
    case worker::v1::OUTCOME_FAILED:
      if (pausing && finished.error().failure_class() == v1::FAILURE_CLASS_SYSTEM) {
        return Hold(std::move(run), absl::StrCat("paused by a user; the worker failed before its "
                                                 "last checkpoint: ",
                                                 finished.error().message()));
      }
      if (finished.error().failure_class() == v1::FAILURE_CLASS_SYSTEM) {
        return SettleLostAttempt(std::move(run), finished.error().message());
      }
      return EndRun(std::move(run), v1::RUN_STATE_FAILED, finished.error().message(),
                    AttemptEnd::kFailed, &finished.error());
    case worker::v1::OUTCOME_STOPPED:
      if (StandsAtPause(run)) return HoldAtPause(std::move(run));
      if (pausing) return Hold(std::move(run), "paused by a user");
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

absl::Status RunService::Succeed(v1::Run run, const std::string& reason) {
  std::vector<v1::Event> events;
  absl::Status published;
  const std::string kept_back =
      ReasonNotToPublish(run, with_.publisher.Served(run.recipe().name()));
  if (kept_back.empty()) {
    published = PublishBest(run, events);
  } else {
    v1::Message& message = *events.emplace_back().mutable_message();
    message.set_severity(v1::SEVERITY_INFO);
    message.set_text(kept_back);
  }
  if (!published.ok()) {
    v1::RunError error;
    error.set_failure_class(absl::IsResourceExhausted(published) ? v1::FAILURE_CLASS_RESOURCE
                                                                 : v1::FAILURE_CLASS_SYSTEM);
    error.set_message(absl::StrCat("the model could not be published: ", published.ToString()));
    return EndRun(std::move(run), v1::RUN_STATE_FAILED, error.message(), AttemptEnd::kFailed,
                  &error);
  }
  absl::Status ended = Transition(
      run, v1::RUN_STATE_SUCCEEDED,
      reason.empty() ? absl::StrCat("all ", run.epochs_finished(), " epochs are done") : reason,
      events);
  if (ended.ok()) ended = Commit(run, std::move(events));
  EndAttempt(run, AttemptEnd::kFinished);
  return ended;
}

absl::Status RunService::PublishBest(v1::Run& run, std::vector<v1::Event>& events) {
  if (!run.has_best_checkpoint()) {
    return absl::FailedPreconditionError("the training wrote no checkpoint");
  }
  ASSIGN_OR_RETURN(const v1::ModelVersion version,
                   with_.publisher.Publish(run, run.best_checkpoint()));
  run.set_published_version(version.version());
  v1::ModelPublished& published = *events.emplace_back().mutable_model_published();
  published.set_model(version.model());
  published.set_version(version.version());
  published.set_epoch(version.epoch());
  return absl::OkStatus();
}

absl::Status RunService::SettleLostAttempt(v1::Run run, absl::string_view how) {
  v1::Attempt& attempt = *run.mutable_attempts(run.attempts_size() - 1);
  attempt.set_lost(true);
  const int lost = LostAttempts(run);
  const int budget = run.execution().max_retries();
  if (lost <= budget) {
    const absl::Duration delay = RetryDelay(lost, options_.limits.retry_delay_max);
    active_.find(run.id())->second.not_before = with_.clock.Monotonic() + delay;
    const std::string when =
        delay == absl::ZeroDuration() ? "" : absl::StrCat(" in ", absl::FormatDuration(delay));
    const absl::Status queued = Requeue(run,
                                        absl::StrCat("attempt ", attempt.number(), " was lost (",
                                                     how, "); retry ", lost, " of ", budget, when),
                                        Place::kFront);
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
  absl::Status settled;
  if (const std::optional<v1::RunError> failure = active->second.unstored_failure) {
    settled = EndRun(std::move(run), v1::RUN_STATE_FAILED, failure->message(), AttemptEnd::kFailed,
                     &*failure);
  } else if (run.state() == v1::RUN_STATE_STOPPING) {
    settled = EndRun(std::move(run), v1::RUN_STATE_CANCELLED,
                     absl::StrCat(active->second.run.state_reason(),
                                  "; the worker was ended by force (", how, ")"),
                     AttemptEnd::kStopped);
  } else if (run.state() == v1::RUN_STATE_PAUSING) {
    settled = Hold(std::move(run),
                   absl::StrCat("paused by a user; the worker ended without a last checkpoint (",
                                how, "): the run goes on from an earlier one"));
  } else if (draining_) {
    // The run stays in flight in the store; Reconcile puts it back into the queue.
    return EndAttempt(run, AttemptEnd::kStopped);
  } else {
    settled = SettleLostAttempt(std::move(run), absl::StrCat("worker ", how));
  }
  // A store that cannot take this leaves the run in flight; Tick tries again.
  settled.IgnoreError();
}

absl::Status RunService::HoldAtPause(v1::Run run) {
  const std::string reason =
      absl::StrCat("paused after epoch ", run.epochs_finished(), ", as its sweep asked");
  if (run.state() == v1::RUN_STATE_PAUSING) return Hold(std::move(run), reason);
  std::vector<v1::Event> events;
  absl::Status held = Transition(run, v1::RUN_STATE_PAUSING, reason, events);
  if (held.ok()) held = Transition(run, v1::RUN_STATE_PAUSED, reason, events);
  if (held.ok()) held = Commit(run, std::move(events));
  EndAttempt(run, AttemptEnd::kStopped);
  return held;
}

absl::Status RunService::Hold(v1::Run run, absl::string_view reason) {
  std::vector<v1::Event> events;
  absl::Status held = Transition(run, v1::RUN_STATE_PAUSED, reason, events);
  if (held.ok()) held = Commit(run, std::move(events));
  EndAttempt(run, AttemptEnd::kStopped);
  return held;
}

void RunService::Tick() {
  std::vector<AttemptKey> late;
  std::vector<AttemptKey> launches;
  with_.reserve.Restore();
  {
    absl::MutexLock lock(&mutex_);
    late = GiveUpLateWorkers();
    SettleLeftovers();
    // A retry may have become due.
    launches = Schedule();
  }
  for (const AttemptKey& attempt : late) with_.launcher.Kill(attempt);
  LaunchAll(launches);
}

std::vector<AttemptKey> RunService::GiveUpLateWorkers() {
  std::vector<AttemptKey> late;
  const absl::Duration now = with_.clock.Monotonic();
  const Limits& limits = options_.limits;
  for (auto& [attempt, worker] : workers_) {
    if (!worker.kill_reason.empty()) continue;
    if (!worker.said_hello && now - worker.start_time > limits.worker_start_timeout) {
      worker.kill_reason = absl::StrCat("did not say hello within ",
                                        absl::FormatDuration(limits.worker_start_timeout));
    } else if (now - worker.last_seen > limits.worker_silence_timeout) {
      worker.kill_reason =
          absl::StrCat("was silent for ", absl::FormatDuration(limits.worker_silence_timeout));
    }
    if (!worker.kill_reason.empty()) late.push_back(attempt);
  }
  return late;
}

void RunService::SettleLeftovers() {
  if (draining_) return;
  std::vector<std::string> leftovers;
  for (const auto& [run_id, active] : active_) {
    const v1::RunState state = active.run.state();
    const bool in_flight = state != v1::RUN_STATE_QUEUED && state != v1::RUN_STATE_PAUSED;
    if (in_flight && !HasWorker(run_id)) leftovers.push_back(run_id);
  }
  for (const std::string& run_id : leftovers) {
    SettleExit(run_id, "is gone, and its end could not be stored at the time");
  }
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
