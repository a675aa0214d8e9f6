#ifndef TRAIND_SERVER_RUN_PUBLISHER_H_
#define TRAIND_SERVER_RUN_PUBLISHER_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/datasets/dataset_directory.h"
#include "server/runs/model_publisher.h"
#include "server/serving/model_store.h"

namespace traind {

// Publishes a run's checkpoint into the model store, described by its recipe and
// its best epoch. Thread-safe.
class RunPublisher final : public ModelPublisher {
 public:
  // Told of each version once it is published. Quick.
  using OnPublished = std::function<void(const v1::ModelVersion&)>;

  // All must outlive the publisher; `runs_directory` as in RunService::Options. Without
  // `datasets` classes have no names.
  RunPublisher(ModelStore& models, std::string runs_directory, const Clock& clock,
               OnPublished on_published = nullptr, const DatasetDirectory* datasets = nullptr);

  absl::StatusOr<v1::ModelVersion> Publish(const v1::Run& run,
                                           const v1::CheckpointWritten& checkpoint) override;
  std::optional<v1::ModelVersion> Served(const std::string& model) const override;

 private:
  ModelStore& models_;
  const std::string runs_directory_;
  const Clock& clock_;
  const OnPublished on_published_;
  const DatasetDirectory* const datasets_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUN_PUBLISHER_H_
