#include "server/runs/scheduler.h"

#include <algorithm>
#include <utility>

namespace traind {

std::vector<QueuedRun> ServingOrder(std::vector<QueuedRun> queue) {
  std::stable_sort(queue.begin(), queue.end(),
                   [](const QueuedRun& a, const QueuedRun& b) { return a.priority > b.priority; });
  return queue;
}

std::vector<std::string> RunsToStart(const SchedulerSnapshot& snapshot) {
  std::map<std::string, int> free_slots = snapshot.free_slots;
  std::vector<std::string> to_start;
  for (const QueuedRun& run : ServingOrder(snapshot.queue)) {
    auto slots = free_slots.find(run.device);
    if (slots == free_slots.end() || slots->second <= 0) continue;
    --slots->second;
    to_start.push_back(run.run_id);
  }
  return to_start;
}

}  // namespace traind
