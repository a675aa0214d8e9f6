#include "server/rpc/model_health.h"

#include <cstdint>
#include <memory>
#include <set>
#include <utility>

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
  return predicts.FindVersion(selector->model, selector->version, selector->alias);
}

}  // namespace

bool HasFailed(const ModelPool::Status& status) {
  // What was unloaded or pushed out is loaded by the next request.
  return status.state == ModelPool::State::kUnavailable &&
         (status.cause == ModelPool::Cause::kLoadFailed || status.cause == ModelPool::Cause::kLost);
}

std::vector<Health> ModelHealth::Of(absl::Span<const std::string> names) const {
  std::set<std::pair<std::string, int64_t>> failed;
  for (const ModelPool::Status& status : predicts_.pool().Statuses()) {
    if (HasFailed(status)) failed.emplace(status.model, status.version);
  }
  std::vector<Health> healths;
  for (const std::string& name : names) {
    const auto version = Find(predicts_, name);
    if (!version.ok()) {
      healths.push_back(Health::kUnknown);
    } else {
      const bool has_failed = failed.count({(*version)->model(), (*version)->version()}) > 0;
      healths.push_back(has_failed ? Health::kNotServing : Health::kServing);
    }
  }
  return healths;
}

}  // namespace traind
