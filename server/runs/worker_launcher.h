#ifndef TRAIND_SERVER_RUNS_WORKER_LAUNCHER_H_
#define TRAIND_SERVER_RUNS_WORKER_LAUNCHER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace traind {

// One try at a run; the fence against stale workers.
struct AttemptKey {
  std::string run_id;
  int attempt = 0;

  friend bool operator==(const AttemptKey&, const AttemptKey&) = default;
  friend auto operator<=>(const AttemptKey&, const AttemptKey&) = default;
  std::string DebugString() const { return absl::StrCat(run_id, "/", attempt); }
};

// Where an attempt runs.
enum class WorkerKind {
  kOwn,     // a process of its own
  kShared,  // a thread of a process that it shares with others of its kind
};

// Starts and ends workers. Launching is apart from attaching: a worker,
// however it was started, attaches through the worker service and names its
// attempt. Thread-safe; no call blocks on a worker.
class WorkerLauncher {
 public:
  virtual ~WorkerLauncher() = default;

  // Starts a worker for the attempt and returns its process id. The exit is told
  // to RunService::OnWorkerExited later, exactly once, also when it dies at once. Of a
  // shared worker, that the attempt has left it is its exit.
  virtual absl::StatusOr<int64_t> Launch(const AttemptKey& attempt, WorkerKind kind) = 0;

  // Asks the attempt's worker to stop by itself within `grace`, then ends it by
  // force. Nothing happens when there is no such worker.
  virtual void RequestStop(const AttemptKey& attempt, absl::Duration grace) = 0;

  // Ends the attempt's worker at once. A shared one is asked first, and ended with all
  // of its attempts only when this one does not leave it within Limits::shared_kill_grace.
  virtual void Kill(const AttemptKey& attempt) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_WORKER_LAUNCHER_H_
