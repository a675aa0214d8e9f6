#ifndef TRAIND_SERVER_RUNS_RUN_RETENTION_H_
#define TRAIND_SERVER_RUNS_RUN_RETENTION_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/runs/run_files.h"
#include "server/runs/run_service.h"
#include "server/runs/run_store.h"

namespace traind {

// How much may be kept of runs that have ended.
struct RetentionLimits {
  // Ended runs; the oldest go first. 0: all stay.
  int ended_runs_max = 10000;
  // What runs may occupy in all, events, checkpoints and logs; published versions
  // are not counted. 0: no limit.
  int64_t data_bytes_max = 0;
};

// What there is.
struct RetentionSnapshot {
  std::vector<std::string> ended_runs;  // ids, oldest first
  int64_t data_bytes = 0;
};

// The ended runs to delete now, oldest first. While the data is too large it is
// one, since only deleting shows what that frees.
std::vector<std::string> RunsToDelete(const RetentionSnapshot& snapshot,
                                      const RetentionLimits& limits);

// Deletes old runs past the limits, and gives back the space of what was deleted,
// bit by bit. When the limit is passed by runs that go on alone, new ones are
// refused until there is room. Used by one thread, but for the sizes.
class RunRetention {
 public:
  // Each must outlive it.
  RunRetention(const RetentionLimits& limits, RunService& runs, RunStore& store, RunFiles& files,
               const Clock& clock)
      : limits_(limits), runs_(runs), store_(store), files_(files), clock_(clock) {}

  // Does what is due. Call every second.
  void Tick();

  // What the files of all runs occupied when looked at last. Thread-safe.
  int64_t files_bytes() const { return files_bytes_; }

 private:
  void ReclaimSome();
  void ApplyLimits();

  const RetentionLimits limits_;
  RunService& runs_;
  RunStore& store_;
  RunFiles& files_;
  const Clock& clock_;
  // On the monotonic clock.
  absl::Duration next_look_ = -absl::InfiniteDuration();
  std::atomic<int64_t> files_bytes_ = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_RUN_RETENTION_H_
