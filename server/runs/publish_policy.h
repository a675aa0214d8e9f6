#ifndef TRAIND_SERVER_RUNS_PUBLISH_POLICY_H_
#define TRAIND_SERVER_RUNS_PUBLISH_POLICY_H_

#include <optional>
#include <string>

#include "traind/v1/model.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Why a run that has succeeded shall not publish its best checkpoint by itself, for
// people; empty when it shall. `served` is the version that answers for its model now.
// Pure.
std::string ReasonNotToPublish(const v1::Run& run, const std::optional<v1::ModelVersion>& served);

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_PUBLISH_POLICY_H_
