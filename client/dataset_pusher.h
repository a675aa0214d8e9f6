#ifndef TRAIND_CLIENT_DATASET_PUSHER_H_
#define TRAIND_CLIENT_DATASET_PUSHER_H_

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/backoff.h"
#include "client/client_options.h"
#include "client/push_source.h"
#include "traind/v1/dataset_service.grpc.pb.h"

namespace traind {

// One push, across as many streams as it takes: each begins where the server says that the
// bytes end. Used by one thread; the options' stop token may be triggered from any.
class DatasetPusher {
 public:
  // What a pusher needs of its client.
  struct Server {
    v1::DatasetService::StubInterface* datasets;
    std::function<absl::StatusOr<v1::DatasetPush>()> begin;
    // Sets deadline and credentials of a stream; returns its request id.
    std::function<std::string(grpc::ClientContext&)> prepare;
    // Gives the channel a moment to connect again.
    std::function<void(std::stop_token)> reconnect;
    std::string address;
  };

  // `options` and `source` must outlive the pusher.
  DatasetPusher(Server server, const ClientOptions& options, PushSource& source);

  // Until the dataset is there.
  absl::StatusOr<v1::Dataset> Push();

 private:
  // Sends what the server lacks, and waits for the dataset.
  absl::StatusOr<v1::Dataset> Send(const v1::DatasetPush& push);
  // Waits before the next try, or returns why there is none.
  absl::Status WaitToRetry(const absl::Status& reason);

  const Server server_;
  const ClientOptions& options_;
  PushSource& source_;
  Waiter& waiter_;
  Backoff backoff_;
  absl::Time last_advance_;
};

}  // namespace traind

#endif  // TRAIND_CLIENT_DATASET_PUSHER_H_
