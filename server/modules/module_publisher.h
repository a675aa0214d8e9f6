#ifndef TRAIND_SERVER_MODULES_MODULE_PUBLISHER_H_
#define TRAIND_SERVER_MODULES_MODULE_PUBLISHER_H_

#include "absl/status/statusor.h"
#include "traind/v1/model.pb.h"
#include "traind/v1/module_service.pb.h"

namespace traind {

// Makes versions of modules. Thread-safe; blocks on the disk.
class ModulePublisher {
 public:
  virtual ~ModulePublisher() = default;

  // Codes as of PublishModule in module_service.proto.
  virtual absl::StatusOr<v1::ModelVersion> Publish(const v1::PublishModuleRequest& request) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_MODULES_MODULE_PUBLISHER_H_
