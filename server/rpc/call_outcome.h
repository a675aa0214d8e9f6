#ifndef TRAIND_SERVER_RPC_CALL_OUTCOME_H_
#define TRAIND_SERVER_RPC_CALL_OUTCOME_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace traind {

// How one RPC went. The views live as long as the call that reports it.
struct CallOutcome {
  // Service and method, such as `TrainingService/GetRun`.
  absl::string_view method;
  // The caller's address as gRPC writes it, such as `ipv4:127.0.0.1:40404`.
  absl::string_view peer;
  // What its log lines and the client call the request.
  absl::string_view request_id;
  // What the client was told.
  absl::Status status;
  // From the server's first look at the call to its answer.
  absl::Duration duration;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_CALL_OUTCOME_H_
