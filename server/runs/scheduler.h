#ifndef TRAIND_SERVER_RUNS_SCHEDULER_H_
#define TRAIND_SERVER_RUNS_SCHEDULER_H_

#include <map>
#include <string>
#include <vector>

namespace traind {

// A run that waits for a slot.
struct QueuedRun {
  std::string run_id;
  std::string device;  // concrete: `cpu`, `cuda:0`
  int priority = 0;
  bool shares_worker = false;
};

// What the scheduler decides on.
struct SchedulerSnapshot {
  std::vector<QueuedRun> queue;           // in order of arrival
  std::map<std::string, int> free_slots;  // by device
  // Places left in a slot that runs share now, by device.
  std::map<std::string, int> free_shares = {};
  // Places in a slot that runs share.
  int slot_shares = 1;
};

// The queue in the order in which it will be served: larger priority first, then
// arrival. Pure.
std::vector<QueuedRun> ServingOrder(std::vector<QueuedRun> queue);

// Ids of the runs to start now: each device's free slots go to the first runs
// for it in serving order. A run never waits behind one for another device. Runs that
// share a worker share a slot; none of them slips past a run that waits for the slot
// before it, which would wait for ever. Pure: the same snapshot gives the same answer.
std::vector<std::string> RunsToStart(const SchedulerSnapshot& snapshot);

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_SCHEDULER_H_
