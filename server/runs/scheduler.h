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
  int thread_count = 1;  // that it computes with
  bool shares_worker = false;
};

// What a device has for runs. Runs on the CPU share out its cores; those on a GPU take
// none of them, so that there core_count is 0.
struct DeviceRoom {
  int free_slots = 0;
  int core_count = 0;
  int free_cores = 0;
  // Runs that share a worker: how many have a slot together, and the places left in slots
  // that they have.
  int slot_places = 1;
  int free_places = 0;
};

// What the scheduler decides on.
struct SchedulerSnapshot {
  std::vector<QueuedRun> queue;             // in order of arrival
  std::map<std::string, DeviceRoom> rooms;  // by device
};

// Threads of a run that names no number: as many as each of `slot_count` runs at once
// can have of `core_count` cores, at least 1. Whether the other slots are taken does not
// matter, so that a run's result does not depend on who else is there. Pure.
int ThreadsOfSlot(int core_count, int slot_count);

// Cores that a run with so many threads takes of `core_count`: one for each thread; all
// of them when it has more threads than there are cores, which it then has alone. Pure.
int CoresTaken(int thread_count, int core_count);

// The queue in the order in which it will be served: larger priority first, then
// arrival. Pure.
std::vector<QueuedRun> ServingOrder(std::vector<QueuedRun> queue);

// Ids of the runs to start now: each device's free slots and cores go to the first runs
// for it in serving order. One that does not fit the free cores is not overtaken, so that
// it does get its turn. A run never waits behind one for another device. Runs that share a
// worker fill a slot of theirs before they take the next one, a core for each; none slips into
// it past a run that waits for a slot, which would wait for ever. Pure: the same snapshot gives
// the same answer.
std::vector<std::string> RunsToStart(const SchedulerSnapshot& snapshot);

// What a run of the queue waits for, for people: `waiting for a slot on cpu (position 2)`,
// or for cores. Pure.
std::string WaitReason(const SchedulerSnapshot& snapshot, const std::string& run_id);

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_SCHEDULER_H_
