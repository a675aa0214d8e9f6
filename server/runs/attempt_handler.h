#ifndef TRAIND_SERVER_RUNS_ATTEMPT_HANDLER_H_
#define TRAIND_SERVER_RUNS_ATTEMPT_HANDLER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/runs/worker_launcher.h"
#include "traind/v1/run.pb.h"
#include "traind/worker/v1/worker_service.pb.h"

namespace traind {

// What becomes of an attempt, as its worker and the kernel tell it. A stale
// attempt gets FAILED_PRECONDITION. Thread-safe. Calls may write to the store, so
// they take milliseconds: never call from a thread that must not block.
class AttemptHandler {
 public:
  virtual ~AttemptHandler() = default;

  // The worker is there and has this process id.
  virtual absl::StatusOr<worker::v1::Assignment> OnWorkerHello(const AttemptKey& attempt,
                                                               int64_t pid) = 0;
  // New events, oldest first; durable on return.
  virtual absl::Status OnWorkerEvents(const AttemptKey& attempt, std::vector<v1::Event> events) = 0;
  virtual void OnWorkerProgress(const AttemptKey& attempt, const v1::Progress& progress) = 0;
  virtual void OnWorkerHeartbeat(const AttemptKey& attempt) = 0;
  // The training has ended; settled on return.
  virtual absl::Status OnWorkerFinished(const AttemptKey& attempt,
                                        const worker::v1::Finished& finished) = 0;
  // The process is gone; `how` is for people: "killed by signal 9 (SIGKILL)".
  virtual void OnWorkerExited(const AttemptKey& attempt, absl::string_view how) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_ATTEMPT_HANDLER_H_
