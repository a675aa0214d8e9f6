#ifndef TRAIND_SERVER_RUNS_RUN_SERVICE_H_
#define TRAIND_SERVER_RUNS_RUN_SERVICE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/datasets/dataset_directory.h"
#include "server/modules/module_directory.h"
#include "server/recipes/recipe_catalog.h"
#include "server/runs/attempt_handler.h"
#include "server/runs/disk_reserve.h"
#include "server/runs/event_log.h"
#include "server/runs/model_publisher.h"
#include "server/runs/run_files.h"
#include "server/runs/run_observer.h"
#include "server/runs/run_store.h"
#include "server/runs/scheduler.h"
#include "server/runs/stored_metrics.h"
#include "server/runs/sweep_origin.h"
#include "server/runs/weights_source.h"
#include "server/runs/worker_launcher.h"
#include "traind/v1/run.pb.h"
#include "traind/v1/training_service.pb.h"
#include "traind/worker/v1/worker_service.pb.h"

namespace traind {

// The life of runs: accepts them, queues them, has workers started, stores what
// workers report, and ends them. The only place where a run's state changes.
// Thread-safe. Calls may write to the store, so they take milliseconds: never
// call from a thread that must not block.
class RunService : public AttemptHandler {
 public:
  struct Options {
    Limits limits;
    // Devices that runs may use, such as {"cpu", "cuda:0"}; a GPU has one slot.
    std::vector<std::string> devices = {"cpu"};
    // Runs at once on the CPU, and the cores that they share out.
    int cpu_slots = 1;
    int cpu_cores = 1;
    // Runs that may share a worker process at once; below 2 none does.
    int shared_attempts_max = 0;
    // The precision of a run that leaves it open, its device being known. Unset: FP32.
    std::function<v1::Precision(const v1::Recipe&, const v1::Execution&)> choose_precision;
    // `<runs_directory>/<run id>/checkpoints` and `<runs_directory>/<run id>/trace` belong
    // to a run.
    std::string runs_directory;
  };

  // What the service works with; each must outlive it.
  struct Collaborators {
    RunStore& store;
    EventLog& event_log;
    WorkerLauncher& launcher;
    ModelPublisher& publisher;
    RunFiles& files;
    DiskReserve& reserve;
    const RecipeCatalog& recipes;
    const DatasetDirectory& datasets;
    std::vector<RunObserver*> observers;
    const Clock& clock;
    // Null: recipes with initial weights are refused.
    const WeightsSource* weights = nullptr;
    // Null: there are none.
    const ModuleDirectory* modules = nullptr;
  };

  RunService(Options options, Collaborators collaborators);
  RunService(const RunService&) = delete;

  // --- For clients. Codes as in training_service.proto.

  absl::StatusOr<v1::Run> Start(const v1::StartTrainingRequest& request);
  // The same for a sweep, whose mark the run carries.
  absl::StatusOr<v1::Run> Start(const v1::StartTrainingRequest& request, const SweepOrigin& origin);
  // The run with its progress and, while it waits, its place in the queue.
  absl::StatusOr<v1::Run> Get(absl::string_view run_id) const;
  absl::StatusOr<v1::ListRunsResponse> List(const v1::ListRunsRequest& request) const;
  absl::StatusOr<v1::Run> Cancel(const v1::CancelRunRequest& request);
  absl::StatusOr<v1::Run> Pause(absl::string_view run_id);
  // A run that stands where its sweep has paused it goes on to its end.
  absl::StatusOr<v1::Run> Resume(absl::string_view run_id);
  absl::StatusOr<v1::Run> PublishRun(absl::string_view run_id);
  // A run that has not ended and needs this dataset, if there is one.
  std::optional<std::string> FindUserOf(absl::string_view dataset) const;
  // The same for a module.
  std::optional<std::string> FindUserOfModule(absl::string_view module) const;
  // Waits a moment for a worker that has just been killed; ABORTED when it is still
  // there.
  absl::StatusOr<v1::DeleteRunResponse> Delete(absl::string_view run_id);

  // --- For sweeps.

  // Whether this server has the data and the device for such a run. Codes as Start.
  absl::Status CheckCanRun(const v1::Recipe& recipe, const v1::Execution& execution) const;
  // Puts a paused run back into the queue, to be paused again after that epoch (0:
  // never). Codes as Resume.
  absl::StatusOr<v1::Run> ResumeUntil(absl::string_view run_id, int pause_after_epoch);
  // As Cancel, with the reason that the run shows.
  absl::StatusOr<v1::Run> CancelFor(absl::string_view run_id, const std::string& reason);

  // --- For workers (AttemptHandler).

  // The worker is there and has this process id: the run is RUNNING.
  absl::StatusOr<worker::v1::Assignment> OnWorkerHello(const AttemptKey& attempt,
                                                       int64_t pid) override;
  // Stores and publishes what the worker reported; durable on return. A metric
  // event that an earlier attempt has stored already is compared and dropped.
  absl::Status OnWorkerEvents(const AttemptKey& attempt, std::vector<v1::Event> events) override;
  void OnWorkerProgress(const AttemptKey& attempt, const v1::Progress& progress) override;
  void OnWorkerHeartbeat(const AttemptKey& attempt) override;
  // The training has ended: publishes the best checkpoint and settles the run.
  absl::Status OnWorkerFinished(const AttemptKey& attempt,
                                const worker::v1::Finished& finished) override;
  // The process is gone: frees its slot; a run that it did not finish is tried
  // again within its budget, else FAILED with class SYSTEM. `how` is for people:
  // "killed by signal 9 (SIGKILL)".
  void OnWorkerExited(const AttemptKey& attempt, absl::string_view how) override;

  // --- For the server.

  // Settles runs that an earlier server left in flight: they go back to the
  // queue, at no cost to their retry budget. Removes files of runs that are
  // deleted. Call once, before serving.
  absl::Status Reconcile();
  // Looks after time: gives up workers that are late or silent, starts retries that
  // are due, settles what the store could not take before. Call every second.
  void Tick();
  // Start and Resume answer RESOURCE_EXHAUSTED with this reason; empty: no more.
  void RefuseNewRuns(absl::string_view reason);
  // No new runs (UNAVAILABLE), no new workers; stops every worker, each within
  // the grace; their runs stay in flight in the store and go on at the next start.
  void Drain(absl::Duration grace);
  // Waits until no worker is left or the deadline passes; true when none is left.
  bool WaitForWorkers(absl::Time deadline) const;

 private:
  // A run in a non-terminal state: what the store has, ready at hand, and what
  // is derived from its events.
  struct ActiveRun {
    v1::Run run;
    v1::Progress progress;
    StoredMetrics stored_metrics;
    bool divergence_was_told = false;
    // Why it has failed, while the store cannot take that.
    std::optional<v1::RunError> unstored_failure;
    // A retry waits until then, on the monotonic clock.
    absl::Duration not_before = -absl::InfiniteDuration();
  };
  // A worker process that has been started and is not known to be gone.
  struct Worker {
    std::string device;
    int thread_count = 0;
    WorkerKind kind = WorkerKind::kOwn;
    // On the monotonic clock.
    absl::Duration start_time;
    absl::Duration last_seen;
    bool said_hello = false;
    // The run no longer waits for this attempt.
    bool attempt_ended = false;
    // Why the server ended it, for people.
    std::string kill_reason;
  };

  // Checks that the dataset fits, and writes into the run's recipe what that takes from it, and
  // into the run the names of the classes.
  absl::Status ResolveData(v1::Run& run) const;
  absl::StatusOr<int64_t> TrainRowCount(const v1::Data& data) const;
  // Checks that the initial weights are there and fit, and writes what they are into the recipe.
  absl::Status ResolveWeights(v1::Recipe& recipe) const;
  absl::StatusOr<v1::Execution> ResolveExecution(const v1::Recipe& recipe,
                                                 v1::Execution execution) const;
  // Rows of an epoch, trained on and evaluated.
  int64_t RowCount(const v1::Data& data) const;
  // Checks and completes the run's recipe, and says how it executes.
  absl::Status PrepareRun(const v1::Execution& asked, v1::Run& run) const;
  // The run that the same request started before, if any.
  absl::StatusOr<std::optional<v1::Run>> FindEarlier(const v1::StartTrainingRequest& request) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<v1::Run> CancelAs(const v1::CancelRunRequest& request, absl::Duration grace,
                                   const std::string& reason) ABSL_LOCKS_EXCLUDED(mutex_);
  absl::StatusOr<v1::Run> CancelLocked(const v1::CancelRunRequest& request, absl::Duration grace,
                                       const std::string& reason)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<v1::Run> PauseLocked(absl::string_view run_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Puts the paused run into the queue after a change.
  absl::StatusOr<v1::Run> ResumeAfter(absl::string_view run_id, absl::string_view reason,
                                      const std::function<void(v1::Run&)>& change)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The run while it is not over; FAILED_PRECONDITION when it is.
  absl::StatusOr<v1::Run> FindActive(absl::string_view run_id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Stores a new run, and puts it into the queue.
  absl::StatusOr<v1::Run> Accept(v1::Run run, const std::string& request_digest)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // OK when another run may wait in the queue.
  absl::Status CheckAdmission() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasWorker(absl::string_view run_id) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  // The one way a run's state changes: checks that it may, notes when and why,
  // and adds the event. The change counts once it is committed.
  absl::Status Transition(v1::Run& run, v1::RunState to, absl::string_view reason,
                          std::vector<v1::Event>& events, const v1::RunError* error = nullptr)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Numbers the events, stores them with the run, then publishes both. The end of a
  // run may use the disk's reserve.
  absl::Status Commit(v1::Run run, std::vector<v1::Event> events)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Forgets the oldest events of a very long run.
  void TrimHistory(v1::Run& run) const;
  // What follows once a run and its events are stored.
  void Publish(const v1::Run& run, const std::vector<v1::Event>& events)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The run when `attempt` is its current one and still wanted.
  absl::StatusOr<v1::Run> RunOf(const AttemptKey& attempt) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  enum class Place { kFront, kBack };
  absl::Status Requeue(v1::Run run, absl::string_view reason, Place place)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The worker has stopped where the run's sweep wanted it.
  absl::Status HoldAtPause(v1::Run run) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The run gives up its slot and waits to be resumed.
  absl::Status Hold(v1::Run run, absl::string_view reason) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // `end` is how the running attempt ended, if there is one.
  absl::Status EndRun(v1::Run run, v1::RunState to, absl::string_view reason, AttemptEnd end,
                      const v1::RunError* error = nullptr) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The run no longer waits for its newest attempt; tells the observers, the
  // first time for each attempt.
  void EndAttempt(const v1::Run& run, AttemptEnd end) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status SettleLostAttempt(v1::Run run, absl::string_view how)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The run's worker has exited before its attempt had ended.
  void SettleExit(const std::string& run_id, absl::string_view how)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Succeed(v1::Run run, const std::string& reason)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Publishes the run's best checkpoint, and adds the event.
  absl::Status PublishBest(v1::Run& run, std::vector<v1::Event>& events)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The store could not take what a worker reported.
  absl::Status FailForStore(v1::Run run, const absl::Status& stored)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Workers that have said nothing for too long, marked as given up.
  std::vector<AttemptKey> GiveUpLateWorkers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Settles runs in flight that have no worker any more.
  void SettleLeftovers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Settles one run that an earlier server left.
  absl::Status ReconcileRun(const v1::Run& run) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Removes the files of runs that the store does not have.
  void SweepFiles() const;
  absl::Status LoadDerived(ActiveRun& active) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // What each device has for runs, and what of it is left.
  std::map<std::string, DeviceRoom> Rooms() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  WorkerKind KindOf(const AttemptKey& attempt) const ABSL_LOCKS_EXCLUDED(mutex_);
  // Gives free slots to queued runs; returns what to launch once unlocked.
  std::vector<AttemptKey> Schedule() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LaunchAll(const std::vector<AttemptKey>& attempts) ABSL_LOCKS_EXCLUDED(mutex_);
  // The whole queue, retries that are not due among it, and what is free.
  SchedulerSnapshot Snapshot() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Adds what only lives in memory: progress, place in the queue.
  void AddTransient(v1::Run& run) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const Options options_;
  // Each synchronises itself.
  const Collaborators with_;

  mutable absl::Mutex mutex_;
  std::map<std::string, ActiveRun, std::less<>> active_ ABSL_GUARDED_BY(mutex_);
  // Ids of queued runs in order of arrival.
  std::deque<std::string> queue_ ABSL_GUARDED_BY(mutex_);
  std::map<AttemptKey, Worker> workers_ ABSL_GUARDED_BY(mutex_);
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::string refusal_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_RUN_SERVICE_H_
