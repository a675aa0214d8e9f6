// What clients ask of a run that exists: cancel, pause, resume, delete.

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/runs/run_service.h"
#include "server/runs/run_state.h"
#include "server/runs/timestamps.h"

namespace traind {

absl::StatusOr<v1::Run> RunService::FindActive(absl::string_view run_id) {
  auto active = active_.find(run_id);
  if (active != active_.end()) return active->second.run;
  ASSIGN_OR_RETURN(const v1::Run ended, with_.store.Get(run_id));
  return absl::FailedPreconditionError(
      absl::StrCat("run ", ended.id(), " has ended already: ", StateName(ended.state())));
}

std::optional<std::string> RunService::FindUserOf(absl::string_view dataset) const {
  absl::MutexLock lock(&mutex_);
  for (const auto& [run_id, active] : active_) {
    if (active.run.recipe().data().dataset() == dataset) return run_id;
  }
  return std::nullopt;
}

std::optional<std::string> RunService::FindUserOfModule(absl::string_view module) const {
  absl::MutexLock lock(&mutex_);
  for (const auto& [run_id, active] : active_) {
    const v1::Network& network = active.run.recipe().network();
    if (network.has_module() && network.module().name() == module) return run_id;
  }
  return std::nullopt;
}

bool RunService::HasWorker(absl::string_view run_id) const {
  const auto worker = workers_.lower_bound(AttemptKey{std::string(run_id), 0});
  return worker != workers_.end() && worker->first.run_id == run_id;
}

absl::StatusOr<v1::Run> RunService::Cancel(const v1::CancelRunRequest& request) {
  absl::Duration grace = options_.limits.worker_stop_grace;
  if (request.has_grace()) {
    grace = ToDuration(request.grace());
    const absl::Duration max = options_.limits.worker_stop_grace_max;
    if (grace < absl::ZeroDuration() || grace > max) {
      return absl::InvalidArgumentError(absl::StrCat("grace: expected 0s to ",
                                                     absl::FormatDuration(max), ", got ",
                                                     absl::FormatDuration(grace)));
    }
  }
  return CancelAs(request, grace, request.force() ? "killed by a user" : "cancelled by a user");
}

absl::StatusOr<v1::Run> RunService::CancelFor(absl::string_view run_id, const std::string& reason) {
  v1::CancelRunRequest request;
  request.set_run_id(std::string(run_id));
  return CancelAs(request, options_.limits.worker_stop_grace, reason);
}

absl::StatusOr<v1::Run> RunService::CancelAs(const v1::CancelRunRequest& request,
                                             absl::Duration grace, const std::string& reason) {
  absl::StatusOr<v1::Run> run;
  std::vector<AttemptKey> launches;
  {
    absl::MutexLock lock(&mutex_);
    run = CancelLocked(request, grace, reason);
    launches = Schedule();
  }
  LaunchAll(launches);
  return run;
}

absl::StatusOr<v1::Run> RunService::CancelLocked(const v1::CancelRunRequest& request,
                                                 absl::Duration grace, const std::string& reason) {
  ASSIGN_OR_RETURN(v1::Run run, FindActive(request.run_id()));
  const std::string run_id = run.id();
  const AttemptKey attempt{run_id, run.attempts_size()};
  auto worker = workers_.find(attempt);
  const bool waits = run.state() == v1::RUN_STATE_QUEUED || run.state() == v1::RUN_STATE_PAUSED;
  if (request.force() || waits || worker == workers_.end()) {
    RETURN_IF_ERROR(EndRun(std::move(run), v1::RUN_STATE_CANCELLED, reason, AttemptEnd::kStopped));
    if (worker != workers_.end()) with_.launcher.Kill(attempt);
    return with_.store.Get(run_id);
  }
  const bool again = run.state() == v1::RUN_STATE_STOPPING;
  if (!again) {
    std::vector<v1::Event> events;
    RETURN_IF_ERROR(Transition(run, v1::RUN_STATE_STOPPING, reason, events));
    RETURN_IF_ERROR(Commit(run, std::move(events)));
  }
  // A second cancel may set another deadline.
  if (!again || request.has_grace()) with_.launcher.RequestStop(attempt, grace);
  return active_.find(run_id)->second.run;
}

absl::StatusOr<v1::Run> RunService::Pause(absl::string_view run_id) {
  absl::StatusOr<v1::Run> run;
  std::vector<AttemptKey> launches;
  {
    absl::MutexLock lock(&mutex_);
    run = PauseLocked(run_id);
    launches = Schedule();
  }
  LaunchAll(launches);
  return run;
}

absl::StatusOr<v1::Run> RunService::PauseLocked(absl::string_view run_id) {
  ASSIGN_OR_RETURN(v1::Run run, FindActive(run_id));
  if (run.state() == v1::RUN_STATE_PAUSED || run.state() == v1::RUN_STATE_PAUSING) return run;
  if (run.state() == v1::RUN_STATE_QUEUED) {
    RETURN_IF_ERROR(Hold(std::move(run), "paused by a user before it began"));
    return active_.find(run_id)->second.run;
  }
  const AttemptKey attempt{run.id(), run.attempts_size()};
  std::vector<v1::Event> events;
  RETURN_IF_ERROR(Transition(run, v1::RUN_STATE_PAUSING, "paused by a user", events));
  RETURN_IF_ERROR(Commit(std::move(run), std::move(events)));
  with_.launcher.RequestStop(attempt, options_.limits.worker_stop_grace);
  return active_.find(run_id)->second.run;
}

absl::StatusOr<v1::Run> RunService::Resume(absl::string_view run_id) {
  return ResumeAfter(run_id, "resumed by a user", [](v1::Run& run) {
    if (run.epochs_finished() >= run.pause_after_epoch()) run.set_pause_after_epoch(0);
  });
}

absl::StatusOr<v1::Run> RunService::ResumeUntil(absl::string_view run_id, int pause_after_epoch) {
  const std::string reason =
      pause_after_epoch == 0
          ? "resumed by its sweep, to the end"
          : absl::StrCat("resumed by its sweep, up to epoch ", pause_after_epoch);
  return ResumeAfter(run_id, reason, [pause_after_epoch](v1::Run& run) {
    run.set_pause_after_epoch(pause_after_epoch);
  });
}

absl::StatusOr<v1::Run> RunService::ResumeAfter(absl::string_view run_id, absl::string_view reason,
                                                const std::function<void(v1::Run&)>& change) {
  absl::StatusOr<v1::Run> run;
  std::vector<AttemptKey> launches;
  {
    absl::MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(run, FindActive(run_id));
    if (run->state() != v1::RUN_STATE_PAUSED) {
      const bool pausing = run->state() == v1::RUN_STATE_PAUSING;
      return absl::FailedPreconditionError(
          absl::StrCat("run ", run->id(), " is ", StateName(run->state()), ": expected PAUSED",
                       pausing ? "; it will be in a moment" : ""));
    }
    RETURN_IF_ERROR(CheckAdmission());
    change(*run);
    RETURN_IF_ERROR(Requeue(*run, reason, Place::kBack));
    launches = Schedule();
    run = active_.find(run_id)->second.run;
    AddTransient(*run);
  }
  LaunchAll(launches);
  return run;
}

absl::StatusOr<v1::Run> RunService::PublishRun(absl::string_view run_id) {
  absl::MutexLock lock(&mutex_);
  const auto active = active_.find(run_id);
  if (active != active_.end()) {
    return absl::FailedPreconditionError(absl::StrCat("run ", run_id, " is ",
                                                      StateName(active->second.run.state()),
                                                      ": expected one that has ended"));
  }
  ASSIGN_OR_RETURN(v1::Run run, with_.store.Get(run_id));
  if (!run.has_best_checkpoint()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "run ", run_id, " has no checkpoint of a whole epoch: there is nothing to publish"));
  }
  // Its last event is its end, so that this is none.
  std::vector<v1::Event> untold;
  RETURN_IF_ERROR(PublishBest(run, untold));
  RETURN_IF_ERROR(with_.store.UpdateWithEvents(run, {}));
  return run;
}

absl::StatusOr<v1::DeleteRunResponse> RunService::Delete(absl::string_view run_id) {
  {
    absl::MutexLock lock(&mutex_);
    auto active = active_.find(run_id);
    if (active != active_.end()) {
      return absl::FailedPreconditionError(
          absl::StrCat("run ", run_id, " is ", StateName(active->second.run.state()),
                       ": expected one that has ended; cancel it first"));
    }
    // A worker that was killed may still be about to write.
    const auto worker_is_gone = [this, run_id]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return !HasWorker(run_id);
    };
    if (!mutex_.AwaitWithTimeout(absl::Condition(&worker_is_gone),
                                 options_.limits.worker_exit_wait)) {
      return absl::AbortedError(
          absl::StrCat("the worker of run ", run_id, " is still ending; try again in a moment"));
    }
    RETURN_IF_ERROR(with_.store.Delete(run_id));
  }
  for (RunObserver* observer : with_.observers) observer->OnDeleted(run_id);
  v1::DeleteRunResponse response;
  const absl::StatusOr<int64_t> freed_bytes = with_.files.Remove(run_id);
  if (!freed_bytes.ok()) {
    return absl::Status(freed_bytes.status().code(),
                        absl::StrCat("run ", run_id, " is deleted, but not its files: ",
                                     std::string(freed_bytes.status().message()),
                                     "; the next start of the server tries again"));
  }
  response.set_freed_bytes(*freed_bytes);
  return response;
}

}  // namespace traind
