#ifndef TRAIND_SERVER_WORKERS_SERVING_LINK_H_
#define TRAIND_SERVER_WORKERS_SERVING_LINK_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/base/limits.h"
#include "server/serving/executor.h"
#include "traind/worker/v1/serving_service.grpc.pb.h"

namespace traind {

// The server's line to one serving worker process, from its start to its end. Once it is
// broken, every call is UNAVAILABLE with the reason. Thread-safe.
class ServingLink {
 public:
  struct Options {
    // Where the process listens.
    std::string socket_path;
    // What it computes on, for messages.
    std::string device;
    // Batches that can be under way at once.
    int lane_count = 1;
    Limits limits;
    // Told when the link broke, or a version was given up. Called without locks; must
    // not block; may be empty.
    std::function<void()> on_change;
  };

  explicit ServingLink(Options options);
  ServingLink(const ServingLink&) = delete;
  ~ServingLink();

  struct Loaded {
    std::string model;
    int64_t version = 0;
    int64_t handle = 0;
    int64_t memory_bytes = 0;
  };
  // The loader's errors; UNAVAILABLE: the process or its device was lost. One that takes
  // longer than Limits::serving_load_timeout breaks the link.
  absl::StatusOr<Loaded> Load(const v1::ModelVersion& version, const std::string& directory);

  // As Executor::Run; UNAVAILABLE: the process or its device was lost. A batch that takes
  // longer than Limits::serving_run_timeout breaks the link.
  absl::StatusOr<Prediction> Run(int64_t handle, absl::Span<const absl::string_view> inputs,
                                 int64_t row_count);

  // Returns once the process has given the version up, or is broken.
  void Unload(int64_t handle);

  // OK when the process answers in time. Breaks nothing.
  absl::Status Check(absl::Duration timeout);

  // Ends what is under way. The first reason stays. Does not tell on_change.
  void Break(absl::string_view reason);
  // As Break, when the process has ended: its last answers are still taken, and the rest
  // ends by itself.
  void Bury(absl::string_view reason);
  // Empty: not broken.
  std::string broken() const;

  // What is loaded now, or was when the link broke.
  std::vector<Loaded> loaded() const;

 private:
  struct Lane;
  // A call's context while it is under way: Break cancels it.
  class Breakable;

  // Sends a batch on a lane's stream, and waits for the answer.
  grpc::Status Exchange(Lane& lane, const grpc::ByteBuffer& request,
                        worker::v1::RunResponse& response);
  // Waits until so many operations of a lane are done; false when one of them failed.
  bool AwaitOperations(Lane& lane, int count);
  Lane* TakeLane();
  void ReturnLane(Lane* lane);
  bool HasLane() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !free_lanes_.empty(); }
  void BreakForTime(absl::string_view what, absl::Duration timeout);
  // A call's end as a status of this side.
  absl::Status Judge(const grpc::Status& status) const;
  absl::Status Lost(absl::string_view why) const;

  // Constant after construction.
  const Options options_;
  const std::unique_ptr<worker::v1::ServingService::Stub> stub_;
  std::vector<std::unique_ptr<Lane>> lanes_;

  mutable absl::Mutex mutex_;
  std::vector<Lane*> free_lanes_ ABSL_GUARDED_BY(mutex_);
  std::set<grpc::ClientContext*> calls_ ABSL_GUARDED_BY(mutex_);  // under way
  std::map<int64_t, Loaded> loaded_ ABSL_GUARDED_BY(mutex_);
  std::string broken_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_SERVING_LINK_H_
