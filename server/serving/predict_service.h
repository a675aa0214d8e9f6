#ifndef TRAIND_SERVER_SERVING_PREDICT_SERVICE_H_
#define TRAIND_SERVER_SERVING_PREDICT_SERVICE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/serving/executor.h"
#include "server/serving/model_pool.h"
#include "server/serving/model_store.h"
#include "server/serving/predict_call.h"
#include "server/serving/predict_observer.h"
#include "server/serving/predict_queue.h"
#include "server/serving/running_batches.h"
#include "server/serving/serving_state.h"
#include "server/serving/start_loads.h"
#include "server/serving/version_router.h"
#include "traind/v1/prediction_service.pb.h"

namespace traind {

// Predict over the published models: checks a call against the signature, has the
// model loaded, and hands it to one of a fixed number of executor threads: at once
// when one is idle, else into a bounded queue, from which a thread takes what may be
// computed together. What is known to be short runs where it comes while an executor
// thread is idle. Thread-safe.
class PredictService {
 public:
  struct Options {
    Limits limits;
    // Executor threads, at least 1. They share the weights of what is loaded: each
    // model has as many replicas as there are threads, at the memory of one.
    int thread_count = 1;
    // A prediction that takes no longer, by what is known, may run on the thread that brings
    // it, which saves waking another. Zero: none does.
    absl::Duration at_once_max = absl::Microseconds(500);
    // Runs first on every thread that computes, to prepare the tensor library there.
    std::function<void()> thread_start;
    // As ModelPool's. Their versions in use are loaded by LoadVersionsInUse.
    std::set<std::string> pinned_models;
    // As ModelPool's.
    std::function<void(const ModelPool::Status&)> on_state_change;
    // Told once of an execution that is stuck, from Watch; may be empty.
    std::function<void(const StuckExecution&)> on_stuck;
  };

  // The stores and the loader must outlive the service; `observer` may be null.
  PredictService(Options options, const ModelStore& store, ExecutorLoader& loader,
                 PredictObserver* observer, const Clock& clock);
  PredictService(const PredictService&) = delete;
  // Answers what waits with UNAVAILABLE and joins the threads.
  ~PredictService();

  // Answers through `done`, exactly once: on the calling thread when the call is refused
  // or short, else on a thread of the service. Codes as in prediction_service.proto;
  // CANCELLED when nobody waited for the answer any more. Never blocks, and computes for
  // `at_once_max` at most.
  void Predict(PredictCall call, PredictDone done);

  // The version that such a call is for, so that a border can look at its signature
  // first; the border's call then names that version, since each call without a version
  // or an alias counts in a canary's share. Quick. INVALID_ARGUMENT, NOT_FOUND.
  absl::StatusOr<std::shared_ptr<const v1::ModelVersion>> FindVersion(absl::string_view model,
                                                                      int64_t version,
                                                                      absl::string_view alias);

  // The same for who only looks, as health does: counts in no share, and loads nothing.
  absl::StatusOr<std::shared_ptr<const v1::ModelVersion>> LookUp(absl::string_view model,
                                                                 int64_t version,
                                                                 absl::string_view alias);

  // Why the version's next request would not be answered as usual, for people: its newest
  // load has failed, its executor was lost and is not loaded again yet, or an execution on
  // it, or on every thread, is stuck. Empty: it would, loaded or not. Quick.
  std::string TroubleOf(absl::string_view model, int64_t version) const;

  // Counts a request that its border has refused: of `version`, null when it named no
  // known one, since `arrival` on the monotonic clock.
  void CountRefusal(const v1::ModelVersion* version, const absl::Status& status,
                    absl::Duration arrival);

  // Has the versions loaded that FindVersionsInUse names, in the background. Call once at
  // most.
  void LoadVersionsInUse();
  // False while these are being loaded: requests are answered, but may be slow.
  bool is_ready() const { return start_loads_->is_over(); }

  // How all that stands now, but for the worker.
  ServingState State() const;

  // Has what the model's next requests without a version go to loaded. Quick.
  void Preload(absl::string_view model) { router_.Preload(model); }
  // To be called about once a second: answers calls whose deadline has passed although
  // their execution does not come back, or no thread is free, and reports executions
  // that are stuck. Their threads are not free before they come back.
  void Watch();

  // Executions that are stuck now.
  int stuck_count() const;

  // What is loaded.
  ModelPool& pool() { return *pool_; }

  // Calls that wait for an executor thread, or for their model, now.
  int queue_depth() const;

  // A page of models, by name. INVALID_ARGUMENT for a bad page size.
  absl::StatusOr<v1::ListModelsResponse> ListModels(const v1::ListModelsRequest& request) const;

 private:
  // Room for one more that waits for its model; released by Enqueue.
  absl::Status ReserveRoom();
  // The model is there, or cannot be loaded.
  void Enqueue(PendingPredict pending, ModelPool::Loaded loaded);
  // Takes the call for the thread that has it, if it is best computed by that one; null, and
  // `pending` stays as it is, where it is not.
  RunningBatch* StartAtOnce(PendingPredict& pending, absl::Duration now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether the call is best computed by the thread that has it.
  bool RunsAtOnce(const PendingPredict& pending, absl::Duration now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ExecutorLoop();
  // Computes a batch and answers its calls. `rows` is room for its inputs.
  void RunBatch(RunningBatch& batch, std::string& rows);
  absl::StatusOr<Prediction> Compute(RunningBatch& batch, std::string& rows) const;
  // Gives each call its rows of what was computed.
  void AnswerBatch(std::vector<PendingPredict> calls, absl::StatusOr<Prediction> prediction,
                   absl::Duration start, absl::Duration compute_time);
  // Answers those that were given up, each by its reason.
  void AnswerDropped(std::vector<PendingPredict> dropped);
  // How long it has waited counts when it waited for a thread.
  void Refuse(const PendingPredict& pending, const absl::Status& status,
              std::optional<absl::Duration> queue_time = std::nullopt);
  PredictOutcome OutcomeOf(const PendingPredict& pending, absl::StatusCode code) const;
  // The part of FindVersion and LookUp that they share; nothing when neither a version nor
  // an alias is named.
  absl::StatusOr<std::optional<int64_t>> FindNamed(absl::string_view model, int64_t version,
                                                   absl::string_view alias) const;
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !queue_.empty();
  }

  // Constant after construction.
  const Options options_;
  // Each synchronises itself.
  const ModelStore& store_;
  PredictObserver* const observer_;
  const Clock& clock_;

  mutable absl::Mutex mutex_;
  PredictQueue queue_ ABSL_GUARDED_BY(mutex_);
  RunningBatches running_ ABSL_GUARDED_BY(mutex_);
  int waiting_for_models_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::vector<std::thread> threads_;
  // Its thread calls back into the service.
  std::unique_ptr<ModelPool> pool_;
  VersionRouter router_;
  std::unique_ptr<StartLoads> start_loads_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_PREDICT_SERVICE_H_
