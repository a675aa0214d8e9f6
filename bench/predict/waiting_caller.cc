#include "bench/predict/waiting_caller.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <vector>

#include "absl/time/clock.h"

namespace traind {

grpc::Status WaitingCaller::Call(const std::string& method, const grpc::ByteBuffer& request,
                                 absl::Duration timeout, grpc::ByteBuffer& answer) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  const auto reader = stub_.PrepareUnaryCall(&context, method, request, &queue_);
  reader->StartCall();
  grpc::Status status;
  reader->Finish(&answer, &status, nullptr);
  void* tag;
  bool ok;
  queue_.Next(&tag, &ok);
  return status;
}

bool WaitingCaller::IsHealthy() {
  static const std::string* const method = new std::string("/grpc.health.v1.Health/Check");
  // HealthCheckRequest without a service; HealthCheckResponse.status is field 1, SERVING is 1.
  const grpc::Slice nothing("");
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer answer;
  if (!Call(*method, request, absl::Seconds(1), answer).ok()) return false;
  std::vector<grpc::Slice> slices;
  if (!answer.Dump(&slices).ok()) return false;
  std::string bytes;
  for (const grpc::Slice& slice : slices) bytes.append(slice.begin(), slice.end());
  return bytes == "\x08\x01";
}

}  // namespace traind
