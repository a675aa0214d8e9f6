#ifndef TRAIND_SERVER_SWEEPS_SWEEP_INBOX_H_
#define TRAIND_SERVER_SWEEPS_SWEEP_INBOX_H_

#include <map>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/runs/run_observer.h"

namespace traind {

// Which runs of sweeps have changed their state since somebody looked. A run is in it
// once, however often it changes, so that it is bounded by the runs under way.
// Thread-safe.
class SweepInbox : public RunObserver {
 public:
  // Runs by the id of their sweep.
  using News = std::map<std::string, std::set<std::string>>;

  void OnEvent(const v1::Run& run, const v1::Event& event) override;
  void OnProgress(const v1::Run& run, const v1::Progress& progress) override {}
  void OnAttemptEnded(const v1::Run& run, AttemptEnd end) override {}

  // Wakes a Wait, although no run has changed.
  void Wake();
  // Waits until there is something new, at most `timeout`.
  void Wait(absl::Duration timeout);
  // What is new, which is then old.
  News Take();

 private:
  bool HasNews() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return woken_ || !news_.empty(); }

  absl::Mutex mutex_;
  News news_ ABSL_GUARDED_BY(mutex_);
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SWEEPS_SWEEP_INBOX_H_
