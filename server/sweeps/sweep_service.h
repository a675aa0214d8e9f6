#ifndef TRAIND_SERVER_SWEEPS_SWEEP_SERVICE_H_
#define TRAIND_SERVER_SWEEPS_SWEEP_SERVICE_H_

#include <map>
#include <optional>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/recipes/recipe_catalog.h"
#include "server/runs/run_service.h"
#include "server/sweeps/sweep_inbox.h"
#include "server/sweeps/sweep_store.h"
#include "traind/v1/sweep.pb.h"
#include "traind/v1/sweep_service.pb.h"

namespace traind {

// The life of sweeps: accepts them, starts their runs, and ends them. What a sweep does
// next is PlanSweep's to say. Nothing here is lost with the process: a run is started
// under a request_id of its point, so that a sweep whose newest state was not stored
// finds its runs again. Thread-safe. Calls write to the store and start runs: never
// call from a thread that must not block, nor from a RunObserver.
class SweepService {
 public:
  // What the service works with; each must outlive it.
  struct Collaborators {
    SweepStore& store;
    RunService& runs;
    const RecipeCatalog& recipes;
    SweepInbox& inbox;
    const Clock& clock;
  };

  SweepService(const Limits& limits, const Collaborators& with) : limits_(limits), with_(with) {}
  SweepService(const SweepService&) = delete;

  // --- For clients. Codes as in sweep_service.proto.

  absl::StatusOr<v1::Sweep> Create(const v1::CreateSweepRequest& request);
  // With what its running points have reached by now.
  absl::StatusOr<v1::Sweep> Get(absl::string_view sweep_id) const;
  absl::StatusOr<v1::ListSweepsResponse> List(const v1::ListSweepsRequest& request) const;
  absl::StatusOr<v1::Sweep> Cancel(absl::string_view sweep_id);
  absl::StatusOr<v1::Sweep> Resume(absl::string_view sweep_id);
  absl::StatusOr<v1::DeleteSweepResponse> Delete(const v1::DeleteSweepRequest& request);

  // --- For the server.

  // Takes over the sweeps that an earlier server left, and cancels runs whose sweep has
  // ended. Call once, after RunService::Reconcile and before the first Advance.
  absl::Status Recover();
  // Looks at the runs that have changed, and does what is due: starts, promotes, ends.
  // What a full queue or disk has kept from being done is tried again by the next call.
  void Advance();

 private:
  // A sweep that is RUNNING, as stored.
  struct ActiveSweep {
    v1::Sweep sweep;
    // Something could not be done: every point is looked at again.
    bool look_at_all = false;
  };

  absl::StatusOr<std::optional<v1::Sweep>> FindEarlier(const v1::CreateSweepRequest& request) const;
  absl::Status CheckAdmission() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Looks at the point's run; true when the point has changed.
  bool Look(const v1::Sweep& sweep, v1::SweepPoint& point);
  void AdvanceActive(ActiveSweep& active, const std::set<std::string>& changed_runs)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Runs of a sweep that has ended may still be ending.
  void LookAtEnded(const std::string& sweep_id, const std::set<std::string>& changed_runs)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts a run for the point. An error that may pass is returned; others fail the point.
  absl::Status StartRun(const v1::Sweep& sweep, v1::SweepPoint& point);
  // Carries the plan out but for runs that go on; false when something must be tried again.
  bool CarryOut(v1::Sweep& sweep);
  // Has promoted runs go on; false when one must be tried again.
  bool ResumePromoted(const v1::Sweep& sweep);
  void Finish(v1::Sweep& sweep);
  void CancelRuns(const v1::Sweep& sweep, const std::string& reason);
  absl::StatusOr<v1::Sweep> Stored(absl::string_view sweep_id) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status DeleteRuns(const v1::Sweep& sweep, v1::DeleteSweepResponse& response);

  // Constant after construction.
  const Limits limits_;
  // Each synchronises itself.
  const Collaborators with_;

  // Never taken while the run service calls its observers: what happens to runs comes
  // by the inbox.
  mutable absl::Mutex mutex_;
  std::map<std::string, ActiveSweep, std::less<>> active_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_SWEEPS_SWEEP_SERVICE_H_
