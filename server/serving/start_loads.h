#ifndef TRAIND_SERVER_SERVING_START_LOADS_H_
#define TRAIND_SERVER_SERVING_START_LOADS_H_

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/serving/model_pool.h"
#include "server/serving/model_store.h"

namespace traind {

// Model and version.
using VersionKey = std::pair<std::string, int64_t>;

// What to load when a server starts: where the requests of pinned models go, then those
// of models that have an alias `production`, each by name and with its canary if that
// gets a share; at most loaded_models_max versions.
std::vector<VersionKey> FindVersionsInUse(const ModelStore& store,
                                          const std::set<std::string>& pinned_models,
                                          const Limits& limits);

// Loads some versions, one after the other, so that who asks for another one meanwhile
// waits for one of these loads at most. One that fails is passed over: the pool tells of
// it. Those for which loaded_models_bytes_max leaves no room are left to their first
// request. Thread-safe.
class StartLoads {
 public:
  // Pool and clock must outlive it; so must it the loads, unless Stop is called first.
  StartLoads(ModelPool& pool, const Clock& clock, const Limits& limits)
      : pool_(pool), clock_(clock), limits_(limits) {}
  StartLoads(const StartLoads&) = delete;

  // Begins. Call once at most. Never blocks.
  void Start(std::vector<VersionKey> versions);
  // Begins no further load.
  void Stop();

  // Whether there is nothing left to wait for: not started, all done, or begun
  // start_loads_timeout ago.
  bool is_over() const;

 private:
  // Has the next one loaded, if there is one.
  void LoadNext();

  // Each synchronises itself.
  ModelPool& pool_;
  const Clock& clock_;
  // Constant after construction.
  const Limits limits_;

  mutable absl::Mutex mutex_;
  std::vector<VersionKey> left_ ABSL_GUARDED_BY(mutex_);  // the next one last
  bool loading_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t memory_bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // of what it has loaded
  absl::Duration start_ ABSL_GUARDED_BY(mutex_);      // on the monotonic clock
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_START_LOADS_H_
