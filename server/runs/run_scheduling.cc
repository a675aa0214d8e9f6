// Which runs get the free slots, and how their workers are started.

#include <algorithm>
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

SchedulerSnapshot RunService::Snapshot() const {
  SchedulerSnapshot snapshot;
  for (const std::string& run_id : queue_) {
    const v1::Run& run = active_.find(run_id)->second.run;
    const v1::Execution& execution = run.execution();
    snapshot.queue.push_back({run_id, execution.device(), execution.priority(),
                              execution.thread_count(), MayShare(run)});
  }
  snapshot.rooms = Rooms();
  return snapshot;
}

std::map<std::string, DeviceRoom> RunService::Rooms() const {
  std::map<std::string, DeviceRoom> rooms;
  for (const std::string& device : options_.devices) rooms[device] = {.free_slots = 1};
  if (const auto cpu = rooms.find("cpu"); cpu != rooms.end()) {
    // Each has a thread of its own, and a slot's threads are no more than its cores.
    const int places = std::min(options_.shared_attempts_max,
                                ThreadsOfSlot(options_.cpu_cores, options_.cpu_slots));
    cpu->second = {options_.cpu_slots, options_.cpu_cores, options_.cpu_cores, std::max(1, places)};
  }
  for (const auto& [attempt, worker] : workers_) {
    DeviceRoom& room = rooms[worker.device];
    room.free_cores -= CoresTaken(worker.thread_count, room.core_count);
    if (worker.kind == WorkerKind::kShared && room.free_places > 0) {
      --room.free_places;
      continue;
    }
    --room.free_slots;
    if (worker.kind == WorkerKind::kShared) room.free_places = room.slot_places - 1;
  }
  return rooms;
}

std::vector<AttemptKey> RunService::Schedule() {
  std::vector<AttemptKey> launches;
  if (draining_) return launches;
  SchedulerSnapshot snapshot = Snapshot();
  // A retry that is not due leaves its slot to others.
  for (QueuedRun& queued : std::exchange(snapshot.queue, {})) {
    const absl::Duration not_before = active_.find(queued.run_id)->second.not_before;
    if (not_before <= with_.clock.Monotonic()) snapshot.queue.push_back(std::move(queued));
  }
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
    worker.thread_count = run.execution().thread_count();
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
