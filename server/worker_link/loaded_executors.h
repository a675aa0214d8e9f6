#ifndef TRAIND_SERVER_WORKER_LINK_LOADED_EXECUTORS_H_
#define TRAIND_SERVER_WORKER_LINK_LOADED_EXECUTORS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/serving/executor.h"
#include "traind/v1/model.pb.h"

namespace traind {

// The versions that a serving worker has loaded, by handle, and whether its device
// still works. Thread-safe.
class LoadedExecutors {
 public:
  // `loader` must outlive this. `device_works` is asked after each error.
  LoadedExecutors(ExecutorLoader& loader, std::function<bool()> device_works)
      : loader_(loader), device_works_(std::move(device_works)) {}

  struct Loaded {
    int64_t handle = 0;
    int64_t memory_bytes = 0;
  };
  // The loader's errors, or UNAVAILABLE when the device has failed.
  absl::StatusOr<Loaded> Load(const v1::ModelVersion& version, const std::string& directory);

  // The executor's errors, NOT_FOUND for an unknown handle, or UNAVAILABLE when the
  // device has failed.
  absl::StatusOr<Prediction> Run(int64_t handle, absl::Span<const absl::string_view> inputs,
                                 int64_t row_count);

  // Nothing happens for an unknown handle.
  void Unload(int64_t handle);

  // A call has come; it was answered.
  void NoteCall();
  void NoteAnswer();

  // Blocks until the device has failed, and then until no call is unanswered any more,
  // at most for `grace`.
  void WaitForLostDevice(absl::Duration grace);

 private:
  std::shared_ptr<Executor> Find(int64_t handle);
  bool IsSilent() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return unanswered_ == 0; }
  // What to answer instead of an error of the tensor library.
  absl::Status Judge(absl::Status error);

  // Synchronises itself.
  ExecutorLoader& loader_;
  // Constant after construction.
  const std::function<bool()> device_works_;

  absl::Mutex mutex_;
  std::map<int64_t, std::shared_ptr<Executor>> executors_ ABSL_GUARDED_BY(mutex_);
  int64_t last_handle_ ABSL_GUARDED_BY(mutex_) = 0;
  int unanswered_ ABSL_GUARDED_BY(mutex_) = 0;
  bool device_is_lost_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKER_LINK_LOADED_EXECUTORS_H_
