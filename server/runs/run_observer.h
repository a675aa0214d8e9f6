#ifndef TRAIND_SERVER_RUNS_RUN_OBSERVER_H_
#define TRAIND_SERVER_RUNS_RUN_OBSERVER_H_

#include "traind/v1/run.pb.h"

namespace traind {

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
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_RUN_OBSERVER_H_
