#ifndef TRAIND_SERVER_SERVING_MODEL_POOL_H_
#define TRAIND_SERVER_SERVING_MODEL_POOL_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
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
#include "server/serving/model_store.h"

namespace traind {

// The versions that are loaded. One is loaded on first use, and compared with what it
// answered in its training, on the pool's own thread,
// so that requests to other models go on; the least recently used go when there are
// too many or they are too large, but neither those that an alias `production` points to
// nor those that a pinned model's requests go to. What runs on one that goes ends undisturbed.
// Thread-safe.
class ModelPool {
 public:
  // Where a version stands. What is UNKNOWN or UNAVAILABLE is loaded by the next who
  // asks for it.
  enum class State {
    kUnknown,      // never asked for, or forgotten
    kLoading,      // being loaded, or about to be
    kReady,        // answers at once
    kUnavailable,  // not loaded, for the reason told: failed, lost, unloaded, evicted
  };
  // What put it there.
  enum class Cause { kNone, kAsked, kLoaded, kLoadFailed, kLost, kUnloaded, kEvicted, kForgotten };
  struct Status {
    std::string model;
    int64_t version = 0;
    State state = State::kUnknown;
    Cause cause = Cause::kNone;
    // Why it is not READY: its newest load has failed, its executor was lost, …
    std::string reason;
    // From a failed load, or the loss of its executor, to a load that succeeds: also while
    // it is loaded again.
    bool has_failed = false;
    int64_t memory_bytes = 0;  // 0 unless READY
    std::string device;        // such as `cuda:0`; empty unless READY
    absl::Duration load_time;  // of its newest load that has ended
  };

  struct Options {
    Limits limits;
    // Models whose versions in use stay loaded; those that do not exist do no harm.
    std::set<std::string> pinned_models = {};
    // Runs first on the loading thread, to prepare the tensor library there.
    std::function<void()> thread_start;
    // Told of each change of a version's state, and with UNKNOWN that one was
    // forgotten: one call at a time, in the order of the changes, without locks held,
    // on the thread that changes something. Quick; may ask the pool.
    std::function<void(const Status&)> on_state_change = nullptr;
    // Must outlive the pool.
    const Clock* clock = &RealClock();
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
  // The version's executor, FAILED_PRECONDITION when it does not answer as it did in its
  // training: through `done` at once where it is loaded, else from the
  // loading thread once it is; exactly once. Those who ask for one version while it
  // loads wait for one load. The error of a load is everybody's who waits for it; the
  // next to ask has it tried again.
  void Get(const v1::ModelVersion& version, Done done);

  // Where versions are loaded: `cpu`, or `cuda:N`.
  std::string device() const { return loader_.device(); }

  // Of every version that was asked for and is still known.
  std::vector<Status> Statuses() const;

  // Where one version stands; UNKNOWN also where the store has no such version.
  Status StatusOf(absl::string_view model, int64_t version) const;

  bool IsReady(absl::string_view model, int64_t version) const;

  // Whether it is what the version's next request runs on.
  bool IsInUse(absl::string_view model, int64_t version, const Executor& executor) const;

  // Has a version loaded, without waiting for it; not when its newest load has failed.
  void Preload(absl::string_view model, int64_t version);

  // Gives a version up: it is UNAVAILABLE until someone asks for it. Its memory is free
  // once nothing runs on it any more. Returns how much that is, 0 when it was not
  // loaded. A load under way goes on.
  int64_t Unload(absl::string_view model, int64_t version);

  // Unloads a version that the store does not have any more, and all that is said of it;
  // who waits for its load gets NOT_FOUND or the executor.
  void Forget(absl::string_view model, int64_t version);

  // The version's executor can compute no more: its process has died. The version is
  // UNAVAILABLE for `reason` and loaded again at once; who asks meanwhile waits for
  // that load. One that is lost `model_reloads_max` times in a row without having been
  // asked for is loaded by the next who asks. Nothing happens to a version that is not
  // READY. May be called by the executor itself: it is freed on the loading thread.
  void ReportLost(absl::string_view model, int64_t version, absl::string_view reason);

 private:
  using Key = std::pair<std::string, int64_t>;
  struct Entry {
    std::shared_ptr<const v1::ModelVersion> description;
    std::shared_ptr<Executor> executor;  // set while READY
    bool loading = false;
    bool has_failed = false;
    Cause cause = Cause::kNone;
    absl::Duration load_time;
    bool forgotten = false;  // while it loads
    std::vector<Done> waiting;
    std::string reason;
    int64_t last_use = 0;
    // Times in a row that it was lost, and last_use when it was.
    int losses = 0;
    int64_t lost_at_use = 0;
  };

  void LoadLoop();
  void Load(const Key& key, std::shared_ptr<const v1::ModelVersion> description);
  absl::Status CheckAgainstSample(const Key& key, Executor& executor) const;
  Status ToStatus(const Key& key, const Entry& entry) const;
  void QueueLoad(const Key& key, Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether it must not make room for others.
  bool IsPinned(const Key& key) const;
  // Notes a change, for TellChanges.
  void NoteChange(const Key& key, Entry& entry, Cause cause) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void NoteForgotten(const Key& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Tells what was noted, unless another thread does.
  void TellChanges() ABSL_LOCKS_EXCLUDED(mutex_);
  // Drops executors past the limits, but not that of `kept`; returns them, to be freed
  // without the lock.
  std::vector<std::shared_ptr<Executor>> Evict(const Key& kept)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Forgets descriptions when there are very many.
  void ForgetIdle() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !to_load_.empty() || !to_free_.empty();
  }

  // Constant after construction.
  const Options options_;
  // Each synchronises itself.
  const ModelStore& store_;
  ExecutorLoader& loader_;

  mutable absl::Mutex mutex_;
  std::map<Key, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::deque<Key> to_load_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<Executor>> to_free_ ABSL_GUARDED_BY(mutex_);
  std::deque<Status> changes_ ABSL_GUARDED_BY(mutex_);
  bool telling_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t use_counter_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_MODEL_POOL_H_
