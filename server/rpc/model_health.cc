#include "server/rpc/model_health.h"

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/oip/model_selector.h"

namespace traind {
namespace {

absl::StatusOr<std::shared_ptr<const v1::ModelVersion>> Find(PredictService& predicts,
                                                             absl::string_view name) {
  const size_t slash = name.find('/');
  const bool has_version = slash != absl::string_view::npos;
  const absl::StatusOr<ModelSelector> selector =
      ParseModelSelector(name.substr(0, slash), has_version ? name.substr(slash + 1) : "");
  if (!selector.ok()) return selector.status();
  return predicts.LookUp(selector->model, selector->version, selector->alias);
}

}  // namespace

std::vector<Health> ModelHealth::Of(absl::Span<const std::string> names) const {
  std::vector<Health> healths;
  for (const std::string& name : names) {
    const auto version = Find(predicts_, name);
    if (!version.ok()) {
      healths.push_back(Health::kUnknown);
    } else {
      const bool serves = predicts_.TroubleOf((*version)->model(), (*version)->version()).empty();
      healths.push_back(serves ? Health::kServing : Health::kNotServing);
    }
  }
  return healths;
}

}  // namespace traind
