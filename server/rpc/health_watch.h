#ifndef TRAIND_SERVER_RPC_HEALTH_WATCH_H_
#define TRAIND_SERVER_RPC_HEALTH_WATCH_H_

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.pb.h"
#include "server/rpc/model_health.h"

namespace traind {

// One Watch call: writes what it is told when that is news, one message at a time; of
// news that come meanwhile the newest. Owned by itself: deletes itself in OnDone.
class HealthWatch final : public grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse> {
 public:
  // `on_done` is called last, before the watch is gone.
  HealthWatch(std::string name, std::function<void(HealthWatch&)> on_done)
      : name_(std::move(name)), on_done_(std::move(on_done)) {}

  // What is watched.
  const std::string& name() const { return name_; }

  void Tell(Health health);
  // Ends the call as soon as the write that is under way, if any, is done.
  void End(const absl::Status& status);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // Private: only OnDone deletes a watch.
  ~HealthWatch() override = default;

  // gRPC calls back from other threads or later, never from within these two.
  void WriteIfNews() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FinishIfEnding() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Constant after construction.
  const std::string name_;
  const std::function<void(HealthWatch&)> on_done_;

  // Belongs to the write that is under way.
  grpc::health::v1::HealthCheckResponse response_;

  absl::Mutex mutex_;
  std::optional<Health> told_ ABSL_GUARDED_BY(mutex_);
  std::optional<Health> written_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_HEALTH_WATCH_H_
