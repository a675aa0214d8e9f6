#ifndef TRAIND_SERVER_SERVING_PREDICT_SERVICE_H_
#define TRAIND_SERVER_SERVING_PREDICT_SERVICE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/serving/executor.h"
#include "server/serving/model_store.h"
#include "server/serving/predict_observer.h"
#include "traind/v1/prediction_service.pb.h"

namespace traind {

// Predict over the published models: checks a request against the signature,
// hands it to one of a fixed number of executor threads (at once when one is
// idle, else into a bounded queue), answers. Models load on first use and the
// least recently used one goes when there are too many. Thread-safe.
class PredictService {
 public:
  struct Options {
    Limits limits;
    // Executor threads, at least 1.
    int thread_count = 1;
    // Runs first on every executor thread, to prepare the tensor library there.
    std::function<void()> thread_start;
  };

  // The stores and the loader must outlive the service; `observer` may be null.
  PredictService(Options options, const ModelStore& store, ExecutorLoader& loader,
                 PredictObserver* observer, const Clock& clock);
  PredictService(const PredictService&) = delete;
  // Answers what is queued with UNAVAILABLE and joins the threads.
  ~PredictService();

  using Done = std::function<void(absl::StatusOr<v1::PredictResponse>)>;
  // Answers through `done`, exactly once: on the calling thread when the request
  // is refused, else on an executor thread. `request` must live until then.
  // Codes as in prediction_service.proto. Never blocks.
  void Predict(const v1::PredictRequest& request, absl::Time deadline, Done done);

  // Requests that wait for an executor thread now.
  int queue_depth() const;

  // A page of models, by name. INVALID_ARGUMENT for a bad page size.
  absl::StatusOr<v1::ListModelsResponse> ListModels(const v1::ListModelsRequest& request) const;

 private:
  struct Job {
    const v1::PredictRequest* request;
    v1::ModelVersion version;
    int64_t row_count;
    absl::Time arrival;
    absl::Time deadline;
    Done done;
  };
  using ModelKey = std::pair<std::string, int64_t>;
  struct LoadedModel {
    std::shared_ptr<Executor> executor;
    int64_t last_use = 0;
  };

  void ExecutorLoop();
  absl::StatusOr<v1::PredictResponse> Execute(const Job& job, PredictOutcome& outcome);
  absl::StatusOr<std::shared_ptr<Executor>> FindOrLoad(const v1::ModelVersion& version);
  void Answer(const Done& done, PredictOutcome outcome, absl::Time arrival,
              absl::StatusOr<v1::PredictResponse> response);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !queue_.empty();
  }

  // Constant after construction.
  const Options options_;
  // Each synchronises itself.
  const ModelStore& store_;
  ExecutorLoader& loader_;
  PredictObserver* const observer_;
  const Clock& clock_;

  mutable absl::Mutex mutex_;
  std::multimap<absl::Time, Job> queue_ ABSL_GUARDED_BY(mutex_);  // earliest deadline first
  int64_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  absl::Mutex models_mutex_;
  std::map<ModelKey, LoadedModel> models_ ABSL_GUARDED_BY(models_mutex_);
  int64_t use_counter_ ABSL_GUARDED_BY(models_mutex_) = 0;

  std::vector<std::thread> threads_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_PREDICT_SERVICE_H_
