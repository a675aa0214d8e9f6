#ifndef TRAIND_SERVER_WORKER_LINK_RUN_MESSAGE_H_
#define TRAIND_SERVER_WORKER_LINK_RUN_MESSAGE_H_

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/serving/executor.h"

namespace traind {

// A worker.v1.RunRequest whose input stays where gRPC has put it. Valid while the
// buffer that it was read from is.
struct RunMessage {
  int64_t handle = 0;
  int64_t row_count = 0;
  // The input, in pieces as they came off the socket: cut anywhere.
  std::vector<absl::string_view> inputs;
};

// INVALID_ARGUMENT: the bytes are no RunRequest.
absl::StatusOr<RunMessage> ReadRunMessage(grpc::ByteBuffer& buffer);

// The prediction, or why there is none, as a serialised worker.v1.RunResponse.
grpc::ByteBuffer WriteRunResponse(const absl::StatusOr<Prediction>& prediction);

}  // namespace traind

#endif  // TRAIND_SERVER_WORKER_LINK_RUN_MESSAGE_H_
