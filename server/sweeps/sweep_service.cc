#include "server/sweeps/sweep_service.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/runs/run_state.h"
#include "server/runs/timestamps.h"
#include "server/sweeps/point_progress.h"
#include "server/sweeps/sweep_metric.h"
#include "server/sweeps/sweep_plan.h"
#include "server/sweeps/sweep_request.h"

namespace traind {
namespace {

// Runs that another try may start: the queue is full, or the server is going down.
bool MayPass(const absl::Status& status) {
  return absl::IsResourceExhausted(status) || absl::IsUnavailable(status) ||
         absl::IsInternal(status);
}

// All runs of a sweep (empty: of any) in these states, over as many pages as it takes.
absl::StatusOr<std::vector<v1::Run>> ListRuns(const RunService& runs, const std::string& sweep_id,
                                              const std::vector<v1::RunState>& states,
                                              int page_size) {
  std::vector<v1::Run> all;
  v1::ListRunsRequest request;
  request.set_sweep_id(sweep_id);
  request.set_page_size(page_size);
  for (const v1::RunState state : states) request.add_states(state);
  do {
    ASSIGN_OR_RETURN(v1::ListRunsResponse page, runs.List(request));
    all.insert(all.end(), std::make_move_iterator(page.mutable_runs()->begin()),
               std::make_move_iterator(page.mutable_runs()->end()));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

const std::vector<v1::RunState>& LivingStates() {
  static const auto& states = *new std::vector<v1::RunState>{
      v1::RUN_STATE_QUEUED,  v1::RUN_STATE_STARTING, v1::RUN_STATE_RUNNING,
      v1::RUN_STATE_PAUSING, v1::RUN_STATE_PAUSED,   v1::RUN_STATE_STOPPING};
  return states;
}

std::string StateWord(v1::SweepState state) {
  return v1::SweepState_Name(state).substr(std::string("SWEEP_STATE_").size());
}

// A point whose run could not even be started.
void FailPoint(const absl::Status& status, v1::SweepPoint& point) {
  point.set_run_state(v1::RUN_STATE_FAILED);
  point.set_reason(std::string(status.message()));
  point.set_done(true);
}

bool Same(const v1::Sweep& a, const v1::Sweep& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

}  // namespace

absl::StatusOr<std::optional<v1::Sweep>> SweepService::FindEarlier(
    const v1::CreateSweepRequest& request) const {
  ASSIGN_OR_RETURN(const std::optional<SweepStore::RequestMatch> match,
                   with_.store.FindRequest(request.request_id()));
  if (!match.has_value()) return std::optional<v1::Sweep>();
  if (match->request_digest != RequestDigest(request)) {
    return absl::AlreadyExistsError(
        absl::StrCat("request_id ", request.request_id(), " has made ", match->sweep_id,
                     " with another body; use a new request_id for a new sweep"));
  }
  ASSIGN_OR_RETURN(v1::Sweep sweep, with_.store.Get(match->sweep_id));
  return std::optional<v1::Sweep>(std::move(sweep));
}

absl::Status SweepService::CheckAdmission() const {
  if (static_cast<int>(active_.size()) < limits_.active_sweeps_max) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("at most ", limits_.active_sweeps_max,
                   " sweeps are under way at once (active_sweeps_max); retry when one has ended"));
}

absl::StatusOr<v1::Sweep> SweepService::Create(const v1::CreateSweepRequest& request) {
  ASSIGN_OR_RETURN(std::optional<v1::Sweep> first, FindEarlier(request));
  if (first.has_value()) return *std::move(first);
  ASSIGN_OR_RETURN(v1::Sweep sweep, MakeSweep(request, with_.recipes, limits_));
  for (const v1::SweepPoint& point : sweep.points()) {
    ASSIGN_OR_RETURN(const v1::Recipe recipe, PointRecipe(sweep, point));
    RETURN_IF_ERROR(with_.runs.CheckCanRun(recipe, sweep.execution()));
  }
  absl::MutexLock lock(&mutex_);
  // The same request may have come twice at once.
  ASSIGN_OR_RETURN(std::optional<v1::Sweep> earlier, FindEarlier(request));
  if (earlier.has_value()) return *std::move(earlier);
  RETURN_IF_ERROR(CheckAdmission());
  *sweep.mutable_create_time() = ToTimestamp(with_.clock.Now());
  ASSIGN_OR_RETURN(sweep, with_.store.Create(std::move(sweep), RequestDigest(request)));
  active_[sweep.id()].sweep = sweep;
  with_.inbox.Wake();
  return sweep;
}

absl::StatusOr<v1::Sweep> SweepService::Stored(absl::string_view sweep_id) const {
  const auto active = active_.find(sweep_id);
  if (active != active_.end()) return active->second.sweep;
  return with_.store.Get(sweep_id);
}

absl::StatusOr<v1::Sweep> SweepService::Get(absl::string_view sweep_id) const {
  absl::StatusOr<v1::Sweep> sweep;
  {
    absl::MutexLock lock(&mutex_);
    sweep = Stored(sweep_id);
  }
  RETURN_IF_ERROR(sweep.status());
  for (v1::SweepPoint& point : *sweep->mutable_points()) {
    if (point.done() || point.run_id().empty()) continue;
    const absl::StatusOr<v1::Run> run = with_.runs.Get(point.run_id());
    if (run.ok()) NoteRun(*sweep, *run, point);
  }
  CountPoints(*sweep);
  return sweep;
}

absl::StatusOr<v1::ListSweepsResponse> SweepService::List(
    const v1::ListSweepsRequest& request) const {
  constexpr int kPageSizeDefault = 100;
  if (request.page_size() < 0 || request.page_size() > limits_.page_size_max) {
    return absl::InvalidArgumentError(absl::StrCat(
        "page_size: expected 0 to ", limits_.page_size_max, ", got ", request.page_size()));
  }
  const int page_size = request.page_size() == 0 ? kPageSizeDefault : request.page_size();
  // One more than asked for tells whether there is a next page.
  absl::StatusOr<std::vector<v1::Sweep>> sweeps =
      with_.store.List(page_size + 1, request.page_token(), request.model());
  if (absl::IsNotFound(sweeps.status())) {
    return absl::InvalidArgumentError(
        absl::StrCat("page_token: expected the next_page_token of an earlier response, got ",
                     request.page_token(), "; its sweep may have been deleted: list anew"));
  }
  RETURN_IF_ERROR(sweeps.status());
  v1::ListSweepsResponse response;
  for (v1::Sweep& sweep : *sweeps) {
    if (response.sweeps_size() == page_size) {
      response.set_next_page_token(response.sweeps(page_size - 1).id());
      break;
    }
    sweep.clear_points();
    *response.add_sweeps() = std::move(sweep);
  }
  return response;
}

absl::StatusOr<v1::Sweep> SweepService::Cancel(absl::string_view sweep_id) {
  v1::Sweep sweep;
  {
    absl::MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(sweep, Stored(sweep_id));
    if (sweep.state() != v1::SWEEP_STATE_RUNNING) {
      return absl::FailedPreconditionError(
          absl::StrCat("sweep ", sweep_id, " has ended already: ", StateWord(sweep.state())));
    }
    sweep.set_state(v1::SWEEP_STATE_CANCELLED);
    sweep.set_state_reason("cancelled by a user");
    *sweep.mutable_end_time() = ToTimestamp(with_.clock.Now());
    RETURN_IF_ERROR(with_.store.Update(sweep));
    active_.erase(sweep.id());
  }
  CancelRuns(sweep, "cancelled with its sweep " + sweep.id());
  return Get(sweep_id);
}

absl::StatusOr<v1::Sweep> SweepService::Resume(absl::string_view sweep_id) {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(v1::Sweep sweep, Stored(sweep_id));
  if (sweep.state() != v1::SWEEP_STATE_CANCELLED && sweep.state() != v1::SWEEP_STATE_FAILED) {
    return absl::FailedPreconditionError(absl::StrCat(
        "sweep ", sweep_id, " is ", StateWord(sweep.state()), ": expected CANCELLED or FAILED"));
  }
  RETURN_IF_ERROR(CheckAdmission());
  ForgetUnsuccessfulRuns(sweep);
  sweep.set_state(v1::SWEEP_STATE_RUNNING);
  sweep.clear_state_reason();
  sweep.clear_end_time();
  CountPoints(sweep);
  RETURN_IF_ERROR(with_.store.Update(sweep));
  active_[sweep.id()].sweep = sweep;
  with_.inbox.Wake();
  return sweep;
}

absl::StatusOr<v1::DeleteSweepResponse> SweepService::Delete(
    const v1::DeleteSweepRequest& request) {
  v1::DeleteSweepResponse response;
  v1::Sweep sweep;
  {
    absl::MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(sweep, Stored(request.sweep_id()));
  }
  if (sweep.state() == v1::SWEEP_STATE_RUNNING) {
    return absl::FailedPreconditionError(
        absl::StrCat("sweep ", sweep.id(),
                     " is RUNNING: expected one that has ended; cancel it "
                     "first"));
  }
  if (request.delete_runs()) RETURN_IF_ERROR(DeleteRuns(sweep, response));
  absl::MutexLock lock(&mutex_);
  // It may have been resumed meanwhile.
  if (active_.contains(sweep.id())) {
    return absl::FailedPreconditionError(absl::StrCat("sweep ", sweep.id(), " is RUNNING again"));
  }
  RETURN_IF_ERROR(with_.store.Delete(sweep.id()));
  return response;
}

absl::Status SweepService::DeleteRuns(const v1::Sweep& sweep, v1::DeleteSweepResponse& response) {
  ASSIGN_OR_RETURN(const std::vector<v1::Run> runs,
                   ListRuns(with_.runs, sweep.id(), {}, limits_.page_size_max));
  for (const v1::Run& run : runs) {
    ASSIGN_OR_RETURN(const v1::DeleteRunResponse deleted, with_.runs.Delete(run.id()));
    response.set_deleted_run_count(response.deleted_run_count() + 1);
    response.set_freed_bytes(response.freed_bytes() + deleted.freed_bytes());
  }
  return absl::OkStatus();
}

void SweepService::CancelRuns(const v1::Sweep& sweep, const std::string& reason) {
  const absl::StatusOr<std::vector<v1::Run>> runs =
      ListRuns(with_.runs, sweep.id(), LivingStates(), limits_.page_size_max);
  // What is left out goes on; the next start of the server looks again.
  if (!runs.ok()) return;
  for (const v1::Run& run : *runs) with_.runs.CancelFor(run.id(), reason).status().IgnoreError();
}

absl::Status SweepService::Recover() {
  absl::MutexLock lock(&mutex_);
  ASSIGN_OR_RETURN(const std::vector<v1::Sweep> sweeps, with_.store.ListActive());
  for (const v1::Sweep& sweep : sweeps) {
    ActiveSweep& active = active_[sweep.id()];
    active.sweep = sweep;
    active.look_at_all = true;
  }
  ASSIGN_OR_RETURN(const std::vector<v1::Run> runs,
                   ListRuns(with_.runs, "", LivingStates(), limits_.page_size_max));
  for (const v1::Run& run : runs) {
    if (run.sweep_id().empty() || active_.contains(run.sweep_id())) continue;
    with_.runs.CancelFor(run.id(), absl::StrCat("its sweep ", run.sweep_id(), " has ended"))
        .status()
        .IgnoreError();
  }
  return absl::OkStatus();
}

void SweepService::Advance() {
  absl::MutexLock lock(&mutex_);
  const SweepInbox::News news = with_.inbox.Take();
  static const std::set<std::string> kNone;
  std::vector<std::string> ids;
  for (const auto& [id, unused] : active_) ids.push_back(id);
  for (const std::string& id : ids) {
    const auto found = news.find(id);
    AdvanceActive(active_.find(id)->second, found == news.end() ? kNone : found->second);
  }
  for (const auto& [id, runs] : news) {
    if (!active_.contains(id)) LookAtEnded(id, runs);
  }
}

bool SweepService::Look(const v1::Sweep& sweep, v1::SweepPoint& point) {
  const absl::StatusOr<v1::Run> run = with_.runs.Get(point.run_id());
  if (run.ok()) {
    NoteRun(sweep, *run, point);
  } else if (absl::IsNotFound(run.status())) {
    point.set_run_state(v1::RUN_STATE_CANCELLED);
    point.set_reason("its run was deleted");
    point.set_done(true);
  }
  return run.ok() || absl::IsNotFound(run.status());
}

void SweepService::AdvanceActive(ActiveSweep& active, const std::set<std::string>& changed_runs) {
  v1::Sweep next = active.sweep;
  next.clear_state_reason();
  bool settled = true;
  for (v1::SweepPoint& point : *next.mutable_points()) {
    if (point.done() || point.run_id().empty()) continue;
    if (active.look_at_all || changed_runs.contains(point.run_id())) {
      settled = Look(next, point) && settled;
    }
  }
  settled = CarryOut(next) && settled;
  CountPoints(next);
  if (!Same(next, active.sweep)) {
    if (!with_.store.Update(next).ok()) {
      // Nothing of it counts: the next call sees it all again.
      active.look_at_all = true;
      return;
    }
    active.sweep = next;
  }
  if (next.state() == v1::SWEEP_STATE_RUNNING) {
    active.look_at_all = !ResumePromoted(next) || !settled;
    return;
  }
  active_.erase(next.id());
  CancelRuns(next, absl::StrCat("its sweep ", next.id(), " went on with better ones"));
}

void SweepService::LookAtEnded(const std::string& sweep_id,
                               const std::set<std::string>& changed_runs) {
  const absl::StatusOr<v1::Sweep> sweep = with_.store.Get(sweep_id);
  if (!sweep.ok()) return;
  v1::Sweep next = *sweep;
  for (v1::SweepPoint& point : *next.mutable_points()) {
    if (changed_runs.contains(point.run_id())) Look(next, point);
  }
  CountPoints(next);
  // It is for people: a store that cannot take it is no reason to try again.
  if (!Same(next, *sweep)) with_.store.Update(next).IgnoreError();
}

absl::Status SweepService::StartRun(const v1::Sweep& sweep, v1::SweepPoint& point) {
  while (true) {
    const absl::StatusOr<v1::Run> run =
        with_.runs.Start(PointRequest(sweep, point), PointOrigin(sweep, point));
    if (MayPass(run.status())) return run.status();
    if (!run.ok()) {
      FailPoint(run.status(), point);
      return absl::OkStatus();
    }
    point.set_run_count(point.run_count() + 1);
    // One from before a resume, whose start the sweep did not live to store.
    if (run->state() == v1::RUN_STATE_CANCELLED) continue;
    point.set_run_id(run->id());
    NoteRun(sweep, *run, point);
    return absl::OkStatus();
  }
}

bool SweepService::CarryOut(v1::Sweep& sweep) {
  while (true) {
    const SweepPlan plan = PlanSweep(sweep);
    if (plan.finished) Finish(sweep);
    if (plan.finished || plan.actions.empty()) return true;
    for (const SweepAction& action : plan.actions) {
      v1::SweepPoint& point = *sweep.mutable_points(action.point);
      if (action.kind == SweepAction::Kind::kPromote) {
        point.set_rung(point.rung() + 1);
        // It goes on once this is stored.
        if (!point.run_id().empty()) {
          point.set_run_state(v1::RUN_STATE_QUEUED);
          continue;
        }
      }
      const absl::Status started = StartRun(sweep, point);
      if (!started.ok()) {
        sweep.set_state_reason(absl::StrCat("waits: ", std::string(started.message())));
        return false;
      }
    }
  }
}

bool SweepService::ResumePromoted(const v1::Sweep& sweep) {
  bool settled = true;
  for (const v1::SweepPoint& point : sweep.points()) {
    if (point.done() || point.run_id().empty() || point.rung() == 0 || StandsAtRung(point))
      continue;
    if (point.run_state() != v1::RUN_STATE_QUEUED && point.run_state() != v1::RUN_STATE_PAUSED) {
      continue;
    }
    const absl::StatusOr<v1::Run> run = with_.runs.Get(point.run_id());
    if (!run.ok() || run->state() != v1::RUN_STATE_PAUSED) continue;
    const int pause_after_epoch = PauseAfterEpoch(sweep, point);
    // A user holds it.
    if (run->pause_after_epoch() == pause_after_epoch) continue;
    settled = with_.runs.ResumeUntil(run->id(), pause_after_epoch).ok() && settled;
  }
  return settled;
}

void SweepService::Finish(v1::Sweep& sweep) {
  bool any_result = false;
  for (v1::SweepPoint& point : *sweep.mutable_points()) {
    if (point.run_state() == v1::RUN_STATE_SUCCEEDED) any_result = true;
    if (point.done()) continue;
    point.set_done(true);
    point.set_reason(absl::StrCat("others were better after epoch ", point.epochs_finished()));
  }
  CountPoints(sweep);
  sweep.set_state(any_result ? v1::SWEEP_STATE_SUCCEEDED : v1::SWEEP_STATE_FAILED);
  sweep.set_state_reason(absl::StrCat("all ", sweep.points_size(), " points are through, ",
                                      sweep.failed_count(), " have failed"));
  *sweep.mutable_end_time() = ToTimestamp(with_.clock.Now());
  if (!any_result || !sweep.publish_best()) return;
  const absl::StatusOr<v1::Run> published = with_.runs.PublishRun(sweep.best_run_id());
  if (published.ok()) return;
  sweep.set_state_reason(absl::StrCat(sweep.state_reason(), "; the best could not be published: ",
                                      std::string(published.status().message())));
}

}  // namespace traind
