#include "server/serving/start_loads.h"

#include <algorithm>

#include "absl/status/statusor.h"
#include "server/serving/model_aliases.h"

namespace traind {
namespace {

void AddRoute(const ModelStore& store, const std::string& model, std::vector<VersionKey>& to) {
  const absl::StatusOr<ModelRoute> route = store.FindRoute(model);
  if (!route.ok()) return;
  to.emplace_back(model, route->version);
  const bool has_canary = route->canary_percent > 0 && route->canary_version != route->version;
  if (has_canary) to.emplace_back(model, route->canary_version);
}

}  // namespace

std::vector<VersionKey> FindVersionsInUse(const ModelStore& store,
                                          const std::set<std::string>& pinned_models,
                                          const Limits& limits) {
  std::vector<VersionKey> versions;
  for (const std::string& model : pinned_models) AddRoute(store, model, versions);
  for (const v1::Model& model : store.List()) {
    const bool in_production = FindAlias(model, kProductionAlias) != nullptr;
    if (in_production && pinned_models.count(model.name()) == 0) {
      AddRoute(store, model.name(), versions);
    }
  }
  const auto count_max = static_cast<size_t>(std::max(0, limits.loaded_models_max));
  versions.resize(std::min(versions.size(), count_max));
  return versions;
}

void StartLoads::Start(std::vector<VersionKey> versions) {
  std::reverse(versions.begin(), versions.end());
  {
    absl::MutexLock lock(&mutex_);
    left_ = std::move(versions);
    loading_ = !left_.empty();
    start_ = clock_.Monotonic();
  }
  LoadNext();
}

void StartLoads::Stop() {
  absl::MutexLock lock(&mutex_);
  left_.clear();
}

bool StartLoads::is_over() const {
  absl::MutexLock lock(&mutex_);
  return !loading_ || clock_.Monotonic() - start_ >= limits_.start_loads_timeout;
}

void StartLoads::LoadNext() {
  VersionKey next;
  {
    absl::MutexLock lock(&mutex_);
    if (memory_bytes_ >= limits_.loaded_models_bytes_max) left_.clear();
    loading_ = !left_.empty();
    if (!loading_) return;
    next = std::move(left_.back());
    left_.pop_back();
  }
  const auto description = pool_.Describe(next.first, next.second);
  // One that was deleted meanwhile.
  if (!description.ok()) return LoadNext();
  pool_.Get(**description, [this](const ModelPool::Loaded& loaded) {
    if (loaded.ok()) {
      absl::MutexLock lock(&mutex_);
      memory_bytes_ += (*loaded)->memory_bytes();
    }
    LoadNext();
  });
}

}  // namespace traind
