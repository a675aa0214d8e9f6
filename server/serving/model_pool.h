#ifndef TRAIND_SERVER_SERVING_MODEL_POOL_H_
#define TRAIND_SERVER_SERVING_MODEL_POOL_H_

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
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/base/limits.h"
#include "server/serving/executor.h"
#include "server/serving/model_store.h"

namespace traind {

// The versions that are loaded. One is loaded on first use, on the pool's own thread,
// so that requests to other models go on; the least recently used go when there are
// too many or they are too large. What runs on an evicted one ends undisturbed.
// Thread-safe.
class ModelPool {
 public:
  struct Options {
    Limits limits;
    // Runs first on the loading thread, to prepare the tensor library there.
    std::function<void()> thread_start;
  };

  // The stores and the loader must outlive the pool.
  ModelPool(Options options, const ModelStore& store, ExecutorLoader& loader);
  ModelPool(const ModelPool&) = delete;
  // Answers those who still wait for a load with UNAVAILABLE.
  ~ModelPool();

  // The description of a version that the store has, kept at hand. NOT_FOUND.
  absl::StatusOr<std::shared_ptr<const v1::ModelVersion>> Describe(absl::string_view model,
                                                                   int64_t version);

  using Loaded = absl::StatusOr<std::shared_ptr<Executor>>;
  using Done = std::function<void(Loaded)>;
  // The version's executor: through `done` at once where it is loaded, else from the
  // loading thread once it is; exactly once. Those who ask for one version while it
  // loads wait for one load. The error of a load is everybody's who waits for it; the
  // next to ask has it tried again.
  void Get(const v1::ModelVersion& version, Done done);

  // Where a version stands.
  enum class State { kLoading, kReady, kUnavailable };
  struct Status {
    std::string model;
    int64_t version = 0;
    State state = State::kUnavailable;
    std::string reason;  // why its newest load has failed
    int64_t memory_bytes = 0;
  };
  // Of every version that was asked for and is still known.
  std::vector<Status> Statuses() const;

  // Gives a version up; its memory is free once nothing runs on it any more. Returns
  // how much that is, 0 when it was not loaded.
  int64_t Unload(absl::string_view model, int64_t version);

 private:
  using Key = std::pair<std::string, int64_t>;
  struct Entry {
    std::shared_ptr<const v1::ModelVersion> description;
    std::shared_ptr<Executor> executor;  // set while READY
    bool loading = false;
    std::vector<Done> waiting;
    std::string reason;
    int64_t last_use = 0;
  };

  void LoadLoop();
  void Load(const Key& key, std::shared_ptr<const v1::ModelVersion> description);
  // Drops executors past the limits, but not that of `kept`; returns them, to be freed
  // without the lock.
  std::vector<std::shared_ptr<Executor>> Evict(const Key& kept)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Forgets descriptions when there are very many.
  void ForgetIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !to_load_.empty();
  }

  // Constant after construction.
  const Options options_;
  // Each synchronises itself.
  const ModelStore& store_;
  ExecutorLoader& loader_;

  mutable absl::Mutex mutex_;
  std::map<Key, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::deque<Key> to_load_ ABSL_GUARDED_BY(mutex_);
  int64_t use_counter_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_MODEL_POOL_H_
