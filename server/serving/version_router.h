#ifndef TRAIND_SERVER_SERVING_VERSION_ROUTER_H_
#define TRAIND_SERVER_SERVING_VERSION_ROUTER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/base/limits.h"
#include "server/serving/model_pool.h"
#include "server/serving/model_store.h"

namespace traind {

// Chooses the version for a request that names neither a version nor an alias
// (docs/adr/0010-a-new-version-takes-over-once-it-is-ready.md). Thread-safe.
class VersionRouter {
 public:
  // Both must outlive the router.
  VersionRouter(const ModelStore& store, ModelPool& pool, const Limits& limits)
      : store_(store), pool_(pool), limits_(limits) {}

  // The version for the model's next request, by its route in the store: of each
  // hundred, canary_percent go to the canary. While the route's version is not READY,
  // the one that answered before goes on as long as it is, and the new one is loaded;
  // so is a canary, whose share goes to the others meanwhile. NOT_FOUND.
  absl::StatusOr<int64_t> Route(absl::string_view model);

  // The version that answers requests that are not a canary's; for who only looks: counts
  // as no request, and loads nothing. NOT_FOUND.
  absl::StatusOr<int64_t> LookUp(absl::string_view model) const;

  // Has the versions of the model's route loaded, without waiting for them.
  void Preload(absl::string_view model);

 private:
  struct Traffic {
    int request_count = 0;  // 0 … 99
    int64_t served = 0;     // the newest version of the route that was READY
  };

  Traffic& TrafficOf(absl::string_view model) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether the version that answered before the route's still can.
  bool CanGoOn(absl::string_view model, int64_t served) const;

  // Each synchronises itself.
  const ModelStore& store_;
  ModelPool& pool_;
  // Constant after construction.
  const Limits limits_;

  mutable absl::Mutex mutex_;
  std::map<std::string, Traffic, std::less<>> traffic_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_VERSION_ROUTER_H_
