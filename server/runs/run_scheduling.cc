// Which runs get the free slots, and how their workers are started.

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/runs/lost_attempts.h"
#include "server/runs/run_service.h"
#include "server/runs/timestamps.h"

namespace traind {
namespace {

// A run that has lost a worker trains alone from then on: whoever took the worker down,
// the others are out of its way, and it is out of theirs.
bool MayShare(const v1::Run& run) { return run.shares_worker() && LostAttempts(run) == 0; }

}  // namespace

std::vector<QueuedRun> RunService::Queue() const {
  std::vector<QueuedRun> queue;
  for (const std::string& run_id : queue_) {
    const v1::Run& run = active_.find(run_id)->second.run;
    queue.push_back({run_id, run.execution().device(), run.execution().priority(), MayShare(run)});
  }
  return queue;
}

void RunService::TakeSlots(SchedulerSnapshot& snapshot) const {
  for (const std::string& device : options_.devices) snapshot.free_slots[device] = 1;
  snapshot.slot_shares = options_.shared_attempts_max;
  std::map<std::string, int> shared;
  for (const auto& [attempt, worker] : workers_) {
    // Those that share a slot take it once.
    if (worker.kind == WorkerKind::kOwn || shared[worker.device]++ == 0) {
      --snapshot.free_slots[worker.device];
    }
  }
  for (const auto& [device, count] : shared) {
    if (count > 0) snapshot.free_shares[device] = snapshot.slot_shares - count;
  }
}

std::vector<AttemptKey> RunService::Schedule() {
  std::vector<AttemptKey> launches;
  if (draining_) return launches;
  SchedulerSnapshot snapshot;
  for (QueuedRun& queued : Queue()) {
    const absl::Duration not_before = active_.find(queued.run_id)->second.not_before;
    if (not_before <= with_.clock.Monotonic()) snapshot.queue.push_back(std::move(queued));
  }
  TakeSlots(snapshot);
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
    const AttemptKey key{run_id, run.attempts_size()};
    Worker& worker = workers_[key];
    worker.device = run.execution().device();
    worker.kind = MayShare(run) ? WorkerKind::kShared : WorkerKind::kOwn;
    worker.start_time = worker.last_seen = with_.clock.Monotonic();
    launches.push_back(key);
  }
  return launches;
}

WorkerKind RunService::KindOf(const AttemptKey& attempt) const {
  absl::MutexLock lock(&mutex_);
  const auto worker = workers_.find(attempt);
  return worker == workers_.end() ? WorkerKind::kOwn : worker->second.kind;
}

void RunService::LaunchAll(const std::vector<AttemptKey>& attempts) {
  for (const AttemptKey& attempt : attempts) {
    absl::StatusOr<int64_t> pid = with_.launcher.Launch(attempt, KindOf(attempt));
    if (!pid.ok()) {
      OnWorkerExited(attempt, absl::StrCat("could not be started: ", pid.status().message()));
    }
  }
}

}  // namespace traind
