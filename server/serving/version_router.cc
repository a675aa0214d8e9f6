#include "server/serving/version_router.h"

#include <utility>

#include "server/base/status_macros.h"

namespace traind {
namespace {

// Spreads `percent` of a hundred requests evenly over them.
bool IsCanarys(int request, int percent) {
  return request * percent / 100 != (request + 1) * percent / 100;
}

}  // namespace

VersionRouter::Traffic& VersionRouter::TrafficOf(absl::string_view model) {
  const auto found = traffic_.find(model);
  if (found != traffic_.end()) return found->second;
  // Models that were deleted leave entries behind; the others come back at once.
  if (static_cast<int>(traffic_.size()) >= limits_.described_versions_max) traffic_.clear();
  return traffic_[std::string(model)];
}

void VersionRouter::Preload(absl::string_view model) {
  const absl::StatusOr<ModelRoute> route = store_.FindRoute(model);
  if (!route.ok()) return;
  pool_.Preload(model, route->version);
  if (route->canary_percent > 0) pool_.Preload(model, route->canary_version);
}

bool VersionRouter::CanGoOn(absl::string_view model, int64_t served) const {
  // It may have been unloaded or deleted.
  return served != 0 && pool_.IsReady(model, served) && store_.FindVersion(model, served).ok();
}

absl::StatusOr<int64_t> VersionRouter::LookUp(absl::string_view model) const {
  ASSIGN_OR_RETURN(const ModelRoute route, store_.FindRoute(model));
  int64_t served = 0;
  {
    absl::MutexLock lock(&mutex_);
    const auto traffic = traffic_.find(model);
    if (traffic != traffic_.end()) served = traffic->second.served;
  }
  const bool has_taken_over = served == route.version || pool_.IsReady(model, route.version);
  return !has_taken_over && CanGoOn(model, served) ? served : route.version;
}

absl::StatusOr<int64_t> VersionRouter::Route(absl::string_view model) {
  ASSIGN_OR_RETURN(const ModelRoute route, store_.FindRoute(model));
  int64_t served = 0;
  bool is_canarys = false;
  {
    absl::MutexLock lock(&mutex_);
    Traffic& traffic = TrafficOf(model);
    is_canarys = IsCanarys(traffic.request_count, route.canary_percent);
    traffic.request_count = (traffic.request_count + 1) % 100;
    served = traffic.served;
  }
  if (is_canarys && route.canary_version != 0) {
    if (pool_.IsReady(model, route.canary_version)) return route.canary_version;
    pool_.Preload(model, route.canary_version);
  }
  if (served == route.version) return served;
  if (pool_.IsReady(model, route.version)) {
    absl::MutexLock lock(&mutex_);
    TrafficOf(model).served = route.version;
    return route.version;
  }
  // Else the request waits for the new one.
  if (!CanGoOn(model, served)) return route.version;
  pool_.Preload(model, route.version);
  return served;
}

}  // namespace traind
