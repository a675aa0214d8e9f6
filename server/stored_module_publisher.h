#ifndef TRAIND_SERVER_STORED_MODULE_PUBLISHER_H_
#define TRAIND_SERVER_STORED_MODULE_PUBLISHER_H_

#include <functional>
#include <utility>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/modules/module_directory.h"
#include "server/modules/module_publisher.h"
#include "server/serving/model_store.h"

namespace traind {

// Publishes modules into the model store, with their code and their recorded sample.
// Thread-safe.
class StoredModulePublisher final : public ModulePublisher {
 public:
  // Told of each version once it is published. Quick.
  using OnPublished = std::function<void(const v1::ModelVersion&)>;

  // All must outlive the publisher.
  StoredModulePublisher(const ModuleDirectory& modules, ModelStore& models, const Clock& clock,
                        OnPublished on_published)
      : modules_(modules), models_(models), clock_(clock), on_published_(std::move(on_published)) {}

  absl::StatusOr<v1::ModelVersion> Publish(const v1::PublishModuleRequest& request) override;

 private:
  const ModuleDirectory& modules_;
  ModelStore& models_;
  const Clock& clock_;
  const OnPublished on_published_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORED_MODULE_PUBLISHER_H_
