#ifndef TRAIND_SERVER_RUNS_RUN_OBSERVER_H_
#define TRAIND_SERVER_RUNS_RUN_OBSERVER_H_

#include "absl/strings/string_view.h"
#include "traind/v1/run.pb.h"

namespace traind {

// How an attempt at a run has ended.
enum class AttemptEnd {
  kFinished,  // every epoch is done and the model is published
  kStopped,   // a user or a shutdown of the server ended it
  kFailed,    // it failed for a reason that another attempt would meet again
  kLost,      // its worker crashed, was silent or never came
};

// Who wants to know what runs do (metrics, logs). Called after the fact is
// durable, in order per run, with no lock held that the core needs: must be
// quick and must not call back into the run service. Thread-safe.
class RunObserver {
 public:
  virtual ~RunObserver() = default;

  // A new event; `run` is the run just after it.
  virtual void OnEvent(const v1::Run& run, const v1::Event& event) = 0;

  // Newest progress of a running epoch.
  virtual void OnProgress(const v1::Run& run, const v1::Progress& progress) = 0;

  // The run's newest attempt has ended. Exactly once per attempt that this server
  // has started, after the events of the end, if it has any.
  virtual void OnAttemptEnded(const v1::Run& run, AttemptEnd end) = 0;

  // A run that had ended is deleted.
  virtual void OnDeleted(absl::string_view run_id) {}
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_RUN_OBSERVER_H_
