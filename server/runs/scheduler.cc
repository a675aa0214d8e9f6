#include "server/runs/scheduler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

// Why the first run for a device waits although a slot is free.
std::string ReasonOfCores(const QueuedRun& run, const DeviceRoom& room) {
  const int wanted = CoresTaken(run.thread_count, room.core_count);
  const std::string threads =
      absl::StrCat(run.thread_count, run.thread_count == 1 ? " thread" : " threads");
  const std::string cores = wanted == room.core_count
                                ? absl::StrCat("all ", wanted, " cores")
                                : absl::StrCat(wanted, " of ", room.core_count, " cores");
  return absl::StrCat("waiting for ", cores, " of ", run.device, " for its ", threads, ", ",
                      room.free_cores, " free");
}

// Whether a slot waits for the run, be it one that it shares.
bool HasPlace(const QueuedRun& run, const DeviceRoom& room) {
  return room.free_slots > 0 || (run.shares_worker && room.free_places > 0);
}

// Requires that the run has a place.
void TakePlace(const QueuedRun& run, DeviceRoom& room) {
  if (!run.shares_worker) {
    --room.free_slots;
    return;
  }
  if (room.free_places == 0) {
    --room.free_slots;
    room.free_places = room.slot_places;
  }
  --room.free_places;
}

}  // namespace

int ThreadsOfSlot(int core_count, int slot_count) {
  return std::max(1, core_count / std::max(1, slot_count));
}

int CoresTaken(int thread_count, int core_count) { return std::min(thread_count, core_count); }

std::vector<QueuedRun> ServingOrder(std::vector<QueuedRun> queue) {
  std::stable_sort(queue.begin(), queue.end(),
                   [](const QueuedRun& a, const QueuedRun& b) { return a.priority > b.priority; });
  return queue;
}

std::vector<std::string> RunsToStart(const SchedulerSnapshot& snapshot) {
  std::map<std::string, DeviceRoom> rooms = snapshot.rooms;
  std::vector<std::string> to_start;
  for (const QueuedRun& run : ServingOrder(snapshot.queue)) {
    const auto found = rooms.find(run.device);
    if (found == rooms.end()) continue;
    DeviceRoom& room = found->second;
    const int cores = CoresTaken(run.thread_count, room.core_count);
    if (!HasPlace(run, room) || cores > room.free_cores) {
      room.free_slots = room.free_places = 0;  // it is its turn
      continue;
    }
    TakePlace(run, room);
    room.free_cores -= cores;
    to_start.push_back(run.run_id);
  }
  return to_start;
}

std::string WaitReason(const SchedulerSnapshot& snapshot, const std::string& run_id) {
  const auto wanted = std::find_if(snapshot.queue.begin(), snapshot.queue.end(),
                                   [&](const QueuedRun& run) { return run.run_id == run_id; });
  if (wanted == snapshot.queue.end()) return "";
  int position = 0;
  for (const QueuedRun& run : ServingOrder(snapshot.queue)) {
    if (run.device != wanted->device) continue;
    ++position;
    if (run.run_id == run_id) break;
  }
  std::string reason = absl::StrCat("waiting for a slot on ", wanted->device);
  const auto room = snapshot.rooms.find(wanted->device);
  if (position == 1 && room != snapshot.rooms.end() && HasPlace(*wanted, room->second) &&
      CoresTaken(wanted->thread_count, room->second.core_count) > room->second.free_cores) {
    reason = ReasonOfCores(*wanted, room->second);
  }
  return absl::StrCat(reason, " (position ", position, ")");
}

}  // namespace traind
