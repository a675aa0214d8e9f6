#ifndef TRAIND_BENCH_PREDICT_WAITING_CALLER_H_
#define TRAIND_BENCH_PREDICT_WAITING_CALLER_H_

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <string>

#include "absl/time/time.h"

namespace traind {

// Makes one call after the other on one connection. Not thread-safe.
class WaitingCaller {
 public:
  explicit WaitingCaller(std::shared_ptr<grpc::Channel> channel) : stub_(std::move(channel)) {}

  // Waits for the answer, at most for `timeout`.
  grpc::Status Call(const std::string& method, const grpc::ByteBuffer& request,
                    absl::Duration timeout, grpc::ByteBuffer& answer);
  // Whether grpc.health.v1 says that the whole server is SERVING, within a second.
  bool IsHealthy();

 private:
  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
};

}  // namespace traind

#endif  // TRAIND_BENCH_PREDICT_WAITING_CALLER_H_
