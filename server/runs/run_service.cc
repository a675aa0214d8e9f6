#include "server/runs/run_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/runs/run_state.h"
#include "server/runs/timestamps.h"

namespace traind {

RunService::RunService(Options options, Collaborators collaborators)
    : options_(std::move(options)), with_(std::move(collaborators)) {}

absl::StatusOr<v1::Run> RunService::Get(absl::string_view run_id) const {
  absl::MutexLock lock(&mutex_);
  auto active = active_.find(run_id);
  if (active == active_.end()) return with_.store.Get(run_id);
  v1::Run run = active->second.run;
  AddTransient(run);
  return run;
}

absl::StatusOr<v1::ListRunsResponse> RunService::List(const v1::ListRunsRequest& request) const {
  constexpr int kPageSizeDefault = 100;
  const int max = options_.limits.page_size_max;
  if (request.page_size() < 0 || request.page_size() > max) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_size: expected 0 to ", max, ", got ", request.page_size()));
  }
  const int page_size = request.page_size() == 0 ? kPageSizeDefault : request.page_size();
  RunFilter filter;
  filter.name = request.model();
  filter.sweep_id = request.sweep_id();
  for (const int state : request.states())
    filter.states.push_back(static_cast<v1::RunState>(state));
  // One more than asked for tells whether there is a next page.
  absl::StatusOr<std::vector<v1::Run>> runs =
      with_.store.List(page_size + 1, request.page_token(), filter);
  if (absl::IsNotFound(runs.status())) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_token: expected the next_page_token of an earlier response, got ",
                     request.page_token(), "; its run may have been deleted: list anew"));
  }
  RETURN_IF_ERROR(runs.status());
  v1::ListRunsResponse response;
  absl::MutexLock lock(&mutex_);
  for (v1::Run& run : *runs) {
    if (response.runs_size() == page_size) {
      response.set_next_page_token(response.runs(page_size - 1).id());
      break;
    }
    AddTransient(run);
    *response.add_runs() = std::move(run);
  }
  return response;
}

absl::Status RunService::Transition(v1::Run& run, v1::RunState to, absl::string_view reason,
                                    std::vector<v1::Event>& events, const v1::RunError* error) {
  RETURN_IF_ERROR(CheckTransition(run.state(), to));
  v1::StateChanged& change = *events.emplace_back().mutable_state_changed();
  change.set_from(run.state());
  change.set_to(to);
  change.set_reason(std::string(reason));
  run.set_state(to);
  run.set_state_reason(std::string(reason));
  const google::protobuf::Timestamp now = ToTimestamp(with_.clock.Now());
  if (to == v1::RUN_STATE_RUNNING && !run.has_start_time()) *run.mutable_start_time() = now;
  if (error != nullptr) {
    *change.mutable_error() = *error;
    *run.mutable_error() = *error;
  }
  const bool attempt_over =
      IsTerminal(to) || to == v1::RUN_STATE_QUEUED || to == v1::RUN_STATE_PAUSED;
  if (attempt_over && run.attempts_size() > 0) {
    v1::Attempt& attempt = *run.mutable_attempts(run.attempts_size() - 1);
    if (!attempt.has_end_time()) {
      *attempt.mutable_end_time() = now;
      attempt.set_end_reason(std::string(reason));
    }
  }
  if (IsTerminal(to)) *run.mutable_end_time() = now;
  return absl::OkStatus();
}

absl::Status RunService::Commit(v1::Run run, std::vector<v1::Event> events) {
  const google::protobuf::Timestamp now = ToTimestamp(with_.clock.Now());
  for (v1::Event& event : events) {
    run.set_last_sequence(run.last_sequence() + 1);
    event.set_run_id(run.id());
    event.set_sequence(run.last_sequence());
    if (!event.has_time()) *event.mutable_time() = now;
  }
  TrimHistory(run);
  absl::Status stored = with_.store.UpdateWithEvents(run, events);
  if (absl::IsResourceExhausted(stored) && IsTerminal(run.state())) {
    with_.reserve.Release();
    stored = with_.store.UpdateWithEvents(run, events);
  }
  RETURN_IF_ERROR(stored);
  Publish(run, events);
  return absl::OkStatus();
}

void RunService::TrimHistory(v1::Run& run) const {
  const int64_t kept = run.last_sequence() - std::max<int64_t>(run.first_sequence(), 1) + 1;
  // Not one by one: each time is another piece of work for the store.
  if (kept <= options_.limits.run_events_max + options_.limits.run_events_max / 8) return;
  run.set_first_sequence(run.last_sequence() - options_.limits.run_events_max + 1);
}

void RunService::Publish(const v1::Run& run, const std::vector<v1::Event>& events) {
  const bool terminal = IsTerminal(run.state());
  ActiveRun& active = active_[run.id()];
  for (const v1::Event& event : events) active.stored_metrics.Note(event);
  active.run = run;
  if (run.state() != v1::RUN_STATE_QUEUED) {
    queue_.erase(std::remove(queue_.begin(), queue_.end(), run.id()), queue_.end());
  }
  if (terminal) active_.erase(run.id());
  with_.event_log.Publish(run.id(), events, terminal);
  for (RunObserver* observer : with_.observers) {
    for (const v1::Event& event : events) observer->OnEvent(run, event);
  }
}

absl::Status RunService::Requeue(v1::Run run, absl::string_view reason, Place place) {
  std::vector<v1::Event> events;
  RETURN_IF_ERROR(Transition(run, v1::RUN_STATE_QUEUED, reason, events));
  const std::string run_id = run.id();
  RETURN_IF_ERROR(Commit(std::move(run), std::move(events)));
  if (place == Place::kFront) {
    queue_.push_front(run_id);
  } else {
    queue_.push_back(run_id);
  }
  return absl::OkStatus();
}

absl::Status RunService::EndRun(v1::Run run, v1::RunState to, absl::string_view reason,
                                AttemptEnd end, const v1::RunError* error) {
  std::vector<v1::Event> events;
  absl::Status ended = Transition(run, to, reason, events, error);
  if (ended.ok()) ended = Commit(run, std::move(events));
  // Also when the store could not take it: the attempt is over all the same.
  EndAttempt(run, end);
  return ended;
}

void RunService::EndAttempt(const v1::Run& run, AttemptEnd end) {
  auto worker = workers_.find(AttemptKey{run.id(), run.attempts_size()});
  if (worker == workers_.end() || worker->second.attempt_ended) return;
  worker->second.attempt_ended = true;
  for (RunObserver* observer : with_.observers) observer->OnAttemptEnded(run, end);
}

void RunService::AddTransient(v1::Run& run) const {
  auto active = active_.find(run.id());
  if (active == active_.end()) return;
  if (active->second.progress.step_count() > 0) *run.mutable_progress() = active->second.progress;
  if (run.state() != v1::RUN_STATE_QUEUED) return;
  run.set_state_reason(absl::StrCat(run.state_reason(), "; ", WaitReason(Snapshot(), run.id())));
}

}  // namespace traind
