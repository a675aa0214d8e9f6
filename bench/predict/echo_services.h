#ifndef TRAIND_BENCH_PREDICT_ECHO_SERVICES_H_
#define TRAIND_BENCH_PREDICT_ECHO_SERVICES_H_

#include <grpcpp/completion_queue.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/predict/queued_call.h"

namespace traind {

// Both predict services in one of gRPC's forms, answered without any work.
class EchoServices {
 public:
  virtual ~EchoServices() = default;

  // To be registered with the server.
  virtual std::vector<grpc::Service*> Services() = 0;
  // How many calls wait on queues; empty for a form without queues. To be called once
  // the server runs. The calls must go before the queue does.
  virtual std::vector<std::unique_ptr<QueueTag>> WaitForCalls(grpc::ServerCompletionQueue& queue) {
    return {};
  }
  virtual bool uses_queues() const { return false; }
};

// The names that MakeEchoServices knows:
//   callback       the callback API
//   callback_raw   the same, with bytes in place of messages
//   queues         completion queues, and nothing else in the server
//   queues_raw     the same, with bytes
//   mixed          predictions on completion queues, all else by the callback API
//   mixed_raw      the same, with bytes
const std::vector<std::string>& EchoForms();

// Null for an unknown form.
std::unique_ptr<EchoServices> MakeEchoServices(const std::string& form);

}  // namespace traind

#endif  // TRAIND_BENCH_PREDICT_ECHO_SERVICES_H_
