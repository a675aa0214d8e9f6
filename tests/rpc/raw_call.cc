#include "tests/rpc/raw_call.h"

#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>
#include <vector>

namespace traind {
namespace {

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  (void)buffer.Dump(&slices);
  std::string bytes;
  for (const grpc::Slice& slice : slices) bytes.append(slice.begin(), slice.end());
  return bytes;
}

// Waits for the only operation of the queue.
void Wait(grpc::CompletionQueue& queue) {
  void* tag;
  bool ok;
  queue.Next(&tag, &ok);
}

// Opens a call, sends one message, reads one, and drops the call.
std::string Exchange(grpc::Channel& channel, const std::string& method,
                     const std::string& request) {
  const std::shared_ptr<grpc::Channel> borrowed(&channel, [](grpc::Channel*) {});
  grpc::GenericStub stub(borrowed);
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call =
      stub.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  Wait(queue);
  call->Write(ToBuffer(request), nullptr);
  Wait(queue);
  grpc::ByteBuffer response;
  call->Read(&response, nullptr);
  Wait(queue);
  context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  Wait(queue);
  return ToString(response);
}

}  // namespace

int HealthOf(grpc::Channel& channel, const std::string& service) {
  // HealthCheckRequest.service is field 1, a string; HealthCheckResponse.status field 1, an enum.
  const std::string request =
      service.empty() ? "" : std::string("\x0a") + static_cast<char>(service.size()) + service;
  const std::string response = Exchange(channel, "/grpc.health.v1.Health/Check", request);
  return response.size() == 2 && response[0] == '\x08' ? response[1] : -1;
}

void CallWithEmptyMessage(grpc::Channel& channel, const std::string& method) {
  Exchange(channel, method, "");
}

std::string ListServicesByReflection(grpc::Channel& channel) {
  // ServerReflectionRequest.list_services is field 7, a string without meaning.
  return Exchange(channel, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                  "\x3a\x01*");
}

}  // namespace traind
