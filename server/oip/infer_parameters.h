#ifndef TRAIND_SERVER_OIP_INFER_PARAMETERS_H_
#define TRAIND_SERVER_OIP_INFER_PARAMETERS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/map.h"
#include "inference/grpc_service.pb.h"

namespace traind {

using InferParameterMap = google::protobuf::Map<std::string, inference::InferParameter>;

// What a request's own parameters ask for.
struct InferParameters {
  uint64_t priority = 0;                              // as PredictCall's
  absl::Duration timeout = absl::InfiniteDuration();  // in the queue
};

// Reads `priority` and `timeout`; parameters that mean nothing here are ignored.
// INVALID_ARGUMENT: a value of another type or a negative one, or a request that is
// part of a sequence: models here keep nothing between requests.
absl::StatusOr<InferParameters> ParseInferParameters(const InferParameterMap& parameters);

// UNIMPLEMENTED when a tensor's parameters place it in shared memory; `tensor`
// names it in the message.
absl::Status CheckNoSharedMemory(absl::string_view tensor, const InferParameterMap& parameters);

// A parameter that is a whole number of 0 or more, as int64 or uint64; nullopt when
// it is absent. INVALID_ARGUMENT: anything else.
absl::StatusOr<std::optional<uint64_t>> FindCount(const InferParameterMap& parameters,
                                                  const std::string& name);

}  // namespace traind

#endif  // TRAIND_SERVER_OIP_INFER_PARAMETERS_H_
