#ifndef TRAIND_SERVER_OIP_LOAD_PARAMETERS_H_
#define TRAIND_SERVER_OIP_LOAD_PARAMETERS_H_

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/map.h"
#include "inference/grpc_service.pb.h"

namespace traind {

using RepositoryParameterMap =
    google::protobuf::Map<std::string, inference::ModelRepositoryParameter>;

// The version that RepositoryModelLoad's or RepositoryModelUnload's parameters name, as
// ParseModelSelector takes it: `version`, a number or a text; empty when they name none.
// `unload_dependents`, which clients always send, means nothing here.
//
// INVALID_ARGUMENT: `config` and `file:…`, since models come from trainings alone, a
// version that is neither number nor text, or any other parameter.
absl::StatusOr<std::string> ParseLoadParameters(const RepositoryParameterMap& parameters);

}  // namespace traind

#endif  // TRAIND_SERVER_OIP_LOAD_PARAMETERS_H_
