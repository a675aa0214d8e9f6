#ifndef TRAIND_SERVER_SERVING_DIVIDED_EXECUTOR_LOADER_H_
#define TRAIND_SERVER_SERVING_DIVIDED_EXECUTOR_LOADER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/serving/executor.h"
#include "traind/v1/model.pb.h"

namespace traind {

// Loads versions of layers with one loader and versions that are modules, whose code must
// not run in the same process, with another. Thread-safe.
class DividedExecutorLoader : public ExecutorLoader {
 public:
  // `for_modules` may be null: modules are not allowed. Both must outlive this.
  DividedExecutorLoader(ExecutorLoader& for_layers, ExecutorLoader* for_modules)
      : for_layers_(for_layers), for_modules_(for_modules) {}

  // The loaders' errors; FAILED_PRECONDITION for a module where they are not allowed.
  absl::StatusOr<std::unique_ptr<Executor>> Load(const v1::ModelVersion& version,
                                                 const std::string& directory) override;

  // That of layers.
  std::string device() const override { return for_layers_.device(); }

 private:
  ExecutorLoader& for_layers_;
  ExecutorLoader* const for_modules_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_DIVIDED_EXECUTOR_LOADER_H_
