#include "server/rpc/wakefulness.h"

#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <memory>
#include <utility>

namespace traind {
namespace {

// A service that is not there: the answer is UNIMPLEMENTED.
constexpr char kMethod[] = "/traind.v1.Nothing/Wake";
constexpr std::chrono::seconds kTimeout(1);

void Call(grpc::GenericStub& stub) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kTimeout);
  const grpc::Slice nothing("");
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer answer;
  absl::Notification answered;
  stub.UnaryCall(&context, kMethod, {}, &request, &answer,
                 [&answered](const grpc::Status&) { answered.Notify(); });
  answered.WaitForNotification();
}

}  // namespace

Wakefulness::Wakefulness(grpc::Server& server, absl::Duration interval)
    : thread_([this, stub = std::make_unique<grpc::GenericStub>(server.InProcessChannel({})),
               interval] {
        while (!done_.WaitForNotificationWithTimeout(interval)) Call(*stub);
      }) {}

Wakefulness::~Wakefulness() {
  done_.Notify();
  thread_.join();
}

}  // namespace traind
