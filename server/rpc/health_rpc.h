#ifndef TRAIND_SERVER_RPC_HEALTH_RPC_H_
#define TRAIND_SERVER_RPC_HEALTH_RPC_H_

#include <atomic>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/base/limits.h"
#include "server/rpc/health_watch.h"
#include "server/rpc/model_health.h"

namespace traind {

// As the protocol says it.
grpc::health::v1::HealthCheckResponse::ServingStatus ToServingStatus(Health health);

// grpc.health.v1.Health of the server, its services and its models. Everybody may ask:
// it stands before the door. gRPC's own can forget no name, so models that are deleted
// would stay. Thread-safe.
class HealthRpc final : public grpc::health::v1::Health::CallbackService {
 public:
  // `services` are names of services that are as the server is; the `predicting` ones are
  // also NOT_SERVING while the predict service is not ready. `predicts` must outlive the
  // service and its calls.
  HealthRpc(std::vector<std::string> services, std::vector<std::string> predicting,
            PredictService& predicts, const Limits& limits)
      : services_(services.begin(), services.end()),
        predicting_(predicting.begin(), predicting.end()),
        predicts_(predicts),
        models_(predicts),
        watches_max_(limits.health_watches_max) {}

  // Everything is NOT_SERVING from here on.
  void Leave();
  // Ends every watch with UNAVAILABLE, and takes no more.
  void Stop();
  // Tells watches what has changed since the last call. Quick when there are none.
  void Refresh();

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  // RESOURCE_EXHAUSTED past Limits::health_watches_max.
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  std::vector<Health> Of(absl::Span<const std::string> names) const;
  // Tells the watches of these names.
  void Refresh(const std::vector<std::string>& names);
  absl::Status Admit(HealthWatch& watch);

  // Constant after construction.
  const std::set<std::string> services_;
  const std::set<std::string> predicting_;
  const PredictService& predicts_;  // synchronises itself
  const ModelHealth models_;
  const int watches_max_;

  std::atomic<bool> serving_ = true;

  // Held while watches are told, so that none of them goes meanwhile.
  absl::Mutex mutex_;
  std::set<HealthWatch*> watches_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_HEALTH_RPC_H_
