#include "server/runs/scheduler.h"

#include <algorithm>
#include <set>
#include <utility>

namespace traind {

std::vector<QueuedRun> ServingOrder(std::vector<QueuedRun> queue) {
  std::stable_sort(queue.begin(), queue.end(),
                   [](const QueuedRun& a, const QueuedRun& b) { return a.priority > b.priority; });
  return queue;
}

std::vector<std::string> RunsToStart(const SchedulerSnapshot& snapshot) {
  std::map<std::string, int> free_slots = snapshot.free_slots;
  std::map<std::string, int> free_shares = snapshot.free_shares;
  std::set<std::string> awaited;  // devices with a run that waits for a slot
  std::vector<std::string> to_start;
  for (const QueuedRun& run : ServingOrder(snapshot.queue)) {
    if (awaited.contains(run.device)) continue;
    int& shares = free_shares[run.device];
    if (run.shares_worker && shares > 0) {
      --shares;
      to_start.push_back(run.run_id);
      continue;
    }
    auto slots = free_slots.find(run.device);
    if (slots == free_slots.end() || slots->second <= 0) {
      awaited.insert(run.device);
      continue;
    }
    --slots->second;
    if (run.shares_worker) shares = snapshot.slot_shares - 1;
    to_start.push_back(run.run_id);
  }
  return to_start;
}

}  // namespace traind
