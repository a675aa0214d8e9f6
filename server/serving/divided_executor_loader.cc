#include "server/serving/divided_executor_loader.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace traind {

absl::StatusOr<std::unique_ptr<Executor>> DividedExecutorLoader::Load(
    const v1::ModelVersion& version, const std::string& directory) {
  if (!version.recipe().network().has_module()) return for_layers_.Load(version, directory);
  if (for_modules_ != nullptr) return for_modules_->Load(version, directory);
  return absl::FailedPreconditionError(
      absl::StrCat(version.model(), "@", version.version(),
                   " is a module, which this server does not run, since modules are code; its "
                   "operator allows them by --allow-modules"));
}

}  // namespace traind
