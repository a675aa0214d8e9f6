#ifndef TRAIND_SERVER_RUNS_MODEL_PUBLISHER_H_
#define TRAIND_SERVER_RUNS_MODEL_PUBLISHER_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "traind/v1/model.pb.h"
#include "traind/v1/run.pb.h"

namespace traind {

// Turns a run's checkpoint into the next version of its model. Thread-safe.
class ModelPublisher {
 public:
  virtual ~ModelPublisher() = default;

  // Publishes checkpoint `checkpoint` (its name below the run's checkpoint
  // folder) as the next version of model run.recipe().name(). Durable on return;
  // Predict sees it at once. Publishing the same run twice returns the version
  // that the first time made.
  virtual absl::StatusOr<v1::ModelVersion> Publish(const v1::Run& run,
                                                   const v1::CheckpointWritten& checkpoint) = 0;

  // The version that answers requests for the model which name none, if there is one.
  virtual std::optional<v1::ModelVersion> Served(const std::string& model) const = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_MODEL_PUBLISHER_H_
