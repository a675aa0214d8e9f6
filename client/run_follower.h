#ifndef TRAIND_CLIENT_RUN_FOLLOWER_H_
#define TRAIND_CLIENT_RUN_FOLLOWER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/backoff.h"
#include "client/client_options.h"
#include "client/run_listener.h"
#include "traind/v1/run.pb.h"
#include "traind/v1/training_service.grpc.pb.h"

namespace traind {

// One pass over a run's events, across as many streams as it takes. It keeps
// the cursor: an event that a reconnect repeats is dropped; one that is missing is
// DATA_LOSS unless the request allows the server to leave some out. Used by one
// thread; the stop token may be triggered from any.
class RunFollower {
 public:
  // What a follower needs of its client.
  struct Server {
    v1::TrainingService::StubInterface* training;
    // Sets deadline and credentials of a stream; returns its request id.
    std::function<std::string(grpc::ClientContext&)> prepare;
    // Gives the channel a moment to connect again.
    std::function<void(std::stop_token)> reconnect;
    std::function<absl::StatusOr<v1::Run>()> get_run;
    std::string address;
  };

  // `request` says where to begin. `options` and `listener` must outlive the follower.
  RunFollower(Server server, v1::StreamMetricsRequest request, const ClientOptions& options,
              RunListener& listener, std::stop_token stop);

  // Delivers events until the run's terminal state and returns the run.
  absl::StatusOr<v1::Run> Follow();
  // Delivers the events there are (a request with no_follow).
  absl::Status ReadAll();

 private:
  // Reads one stream to its end.
  absl::Status ReadStream();
  absl::Status Deliver(const v1::StreamMetricsResponse& response);
  // DATA_LOSS when events are missing between the position and `sequence`.
  absl::Status CheckNext(int64_t sequence) const;
  // The terminal run, or nothing when it is not over or cannot be reached.
  absl::StatusOr<std::optional<v1::Run>> FindTerminalRun();
  // Waits before the next try, or returns why there is none.
  absl::Status WaitToRetry(const absl::Status& reason);
  // Whether a later try may succeed.
  bool IsTransient(const absl::Status& status) const;

  const Server server_;
  const ClientOptions& options_;
  RunListener& listener_;
  const std::stop_token stop_;
  Waiter& waiter_;
  // What the next stream asks for: after_sequence is where it begins.
  v1::StreamMetricsRequest request_;
  // Newest sequence that was delivered, or left out as the request says.
  int64_t position_;
  Backoff backoff_;
  absl::Time last_contact_;
  std::optional<v1::RunState> terminal_state_;
  absl::Status broken_stream_;
};

}  // namespace traind

#endif  // TRAIND_CLIENT_RUN_FOLLOWER_H_
