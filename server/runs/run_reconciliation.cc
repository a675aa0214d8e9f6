// What becomes of runs that an earlier server has left.

#include <algorithm>
#include <utility>

#include "server/base/status_macros.h"
#include "server/runs/note_checkpoint.h"
#include "server/runs/run_service.h"
#include "server/runs/run_state.h"

namespace traind {

absl::Status RunService::LoadDerived(ActiveRun& active) {
  // The tail is enough: what lies before it is known of the run, or is not compared.
  constexpr int64_t kTail = 32768;
  constexpr int kPage = 4096;
  active.stored_metrics.NoteRun(active.run);
  int64_t after = std::max<int64_t>(active.run.last_sequence() - kTail, 0);
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<v1::Event> events,
                     with_.store.ReadEvents(active.run.id(), after, kPage));
    for (const v1::Event& event : events) {
      active.stored_metrics.Note(event);
      // For runs from before they remembered it.
      if (event.has_checkpoint_written()) NoteCheckpoint(event.checkpoint_written(), active.run);
    }
    if (events.empty()) return absl::OkStatus();
    after = events.back().sequence();
  }
}

absl::Status RunService::Reconcile() {
  SweepFiles();
  std::vector<AttemptKey> launches;
  {
    absl::MutexLock lock(&mutex_);
    ASSIGN_OR_RETURN(const std::vector<v1::Run> runs, with_.store.ListActive());
    for (const v1::Run& run : runs) RETURN_IF_ERROR(ReconcileRun(run));
    launches = Schedule();
  }
  LaunchAll(launches);
  return absl::OkStatus();
}

absl::Status RunService::ReconcileRun(const v1::Run& run) {
  ActiveRun& active = active_[run.id()];
  active.run = run;
  RETURN_IF_ERROR(LoadDerived(active));
  switch (run.state()) {
    case v1::RUN_STATE_QUEUED:
      queue_.push_back(run.id());
      return absl::OkStatus();
    case v1::RUN_STATE_PAUSED:
      return absl::OkStatus();
    case v1::RUN_STATE_PAUSING:
      return Hold(active.run, "paused by a user");
    case v1::RUN_STATE_STOPPING:
      return EndRun(active.run, v1::RUN_STATE_CANCELLED, run.state_reason(), AttemptEnd::kStopped);
    default:
      return Requeue(active.run, run.attempts().empty() ? "accepted" : "the server was restarted",
                     run.attempts().empty() ? Place::kBack : Place::kFront);
  }
}

void RunService::SweepFiles() const {
  const absl::StatusOr<std::vector<std::string>> ids = with_.files.List();
  if (!ids.ok()) return;
  for (const std::string& run_id : *ids) {
    // A deletion was cut short.
    if (absl::IsNotFound(with_.store.Get(run_id).status())) {
      with_.files.Remove(run_id).status().IgnoreError();
    }
  }
}

}  // namespace traind
