#include "server/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include <atomic>

namespace traind {
namespace {

// gRPC takes a plain function, so the sink has to be found without a capture.
std::atomic<void (*)(absl::string_view)> log_sink = nullptr;

void HandOn(gpr_log_func_args* args) {
  if (auto* const sink = log_sink.load()) sink(args->message);
}

}  // namespace

void RedirectGrpcLog(void (*sink)(absl::string_view line)) {
  log_sink = sink;
  gpr_set_log_function(HandOn);
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
}

}  // namespace traind
