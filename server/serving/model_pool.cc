#include "server/serving/model_pool.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {

ModelPool::ModelPool(Options options, const ModelStore& store, ExecutorLoader& loader)
    : options_(std::move(options)),
      store_(store),
      loader_(loader),
      thread_([this] { LoadLoop(); }) {}

ModelPool::~ModelPool() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
  std::vector<Done> left;
  {
    absl::MutexLock lock(&mutex_);
    for (auto& [key, entry] : entries_) {
      std::move(entry.waiting.begin(), entry.waiting.end(), std::back_inserter(left));
      entry.waiting.clear();
    }
  }
  for (const Done& done : left) done(absl::UnavailableError("the server is shutting down"));
}

absl::StatusOr<std::shared_ptr<const v1::ModelVersion>> ModelPool::Describe(absl::string_view model,
                                                                            int64_t version) {
  const Key key{std::string(model), version};
  {
    absl::MutexLock lock(&mutex_);
    const auto entry = entries_.find(key);
    if (entry != entries_.end()) return entry->second.description;
  }
  ASSIGN_OR_RETURN(v1::ModelVersion description, store_.Get(model, version));
  absl::MutexLock lock(&mutex_);
  ForgetIdle();
  Entry& entry = entries_[key];
  if (entry.description == nullptr) {
    entry.description = std::make_shared<const v1::ModelVersion>(std::move(description));
  }
  return entry.description;
}

void ModelPool::Get(const v1::ModelVersion& version, Done done) {
  std::shared_ptr<Executor> executor;
  {
    absl::MutexLock lock(&mutex_);
    const Key key{version.model(), version.version()};
    Entry& entry = entries_[key];
    if (entry.description == nullptr) {
      entry.description = std::make_shared<const v1::ModelVersion>(version);
    }
    entry.last_use = ++use_counter_;
    executor = entry.executor;
    if (executor == nullptr) {
      entry.waiting.push_back(std::move(done));
      if (!std::exchange(entry.loading, true)) to_load_.push_back(key);
      return;
    }
  }
  done(std::move(executor));
}

std::vector<ModelPool::Status> ModelPool::Statuses() const {
  absl::MutexLock lock(&mutex_);
  std::vector<Status> statuses;
  for (const auto& [key, entry] : entries_) {
    Status& status = statuses.emplace_back();
    std::tie(status.model, status.version) = key;
    status.reason = entry.reason;
    if (entry.loading) status.state = State::kLoading;
    if (entry.executor == nullptr) continue;
    status.state = State::kReady;
    status.memory_bytes = entry.executor->memory_bytes();
  }
  return statuses;
}

int64_t ModelPool::Unload(absl::string_view model, int64_t version) {
  std::shared_ptr<Executor> unloaded;
  absl::MutexLock lock(&mutex_);
  const auto entry = entries_.find(Key{std::string(model), version});
  if (entry == entries_.end()) return 0;
  unloaded = std::move(entry->second.executor);
  entry->second.executor = nullptr;
  // Also what is said of it: the store may have another description by now.
  if (!entry->second.loading) entries_.erase(entry);
  return unloaded == nullptr ? 0 : unloaded->memory_bytes();
}

void ModelPool::LoadLoop() {
  if (options_.thread_start) options_.thread_start();
  while (true) {
    Key key;
    std::shared_ptr<const v1::ModelVersion> description;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &ModelPool::HasWork));
      if (stopping_) return;
      key = std::move(to_load_.front());
      to_load_.pop_front();
      description = entries_[key].description;
    }
    Load(key, std::move(description));
  }
}

void ModelPool::Load(const Key& key, std::shared_ptr<const v1::ModelVersion> description) {
  absl::StatusOr<std::unique_ptr<Executor>> loaded =
      loader_.Load(*description, store_.Directory(key.first, key.second));
  Loaded result =
      loaded.ok() ? Loaded(std::shared_ptr<Executor>(*std::move(loaded))) : Loaded(loaded.status());
  std::vector<Done> waiting;
  std::vector<std::shared_ptr<Executor>> evicted;
  {
    absl::MutexLock lock(&mutex_);
    Entry& entry = entries_[key];
    entry.loading = false;
    entry.executor = result.ok() ? *result : nullptr;
    entry.reason = std::string(result.status().message());
    waiting.swap(entry.waiting);
    if (result.ok()) evicted = Evict(key);
  }
  evicted.clear();
  for (const Done& done : waiting) done(result);
}

std::vector<std::shared_ptr<Executor>> ModelPool::Evict(const Key& kept) {
  std::vector<std::shared_ptr<Executor>> evicted;
  while (true) {
    int count = 0;
    int64_t memory_bytes = 0;
    auto oldest = entries_.end();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
      if (entry->second.executor == nullptr) continue;
      ++count;
      memory_bytes += entry->second.executor->memory_bytes();
      const bool may_go = entry->first != kept;
      if (may_go &&
          (oldest == entries_.end() || entry->second.last_use < oldest->second.last_use)) {
        oldest = entry;
      }
    }
    const bool fits = count <= options_.limits.loaded_models_max &&
                      memory_bytes <= options_.limits.loaded_models_bytes_max;
    if (fits || oldest == entries_.end()) return evicted;
    evicted.push_back(std::exchange(oldest->second.executor, nullptr));
  }
}

void ModelPool::ForgetIdle() {
  if (static_cast<int>(entries_.size()) < options_.limits.described_versions_max) return;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const bool idle = entry->second.executor == nullptr && !entry->second.loading;
    entry = idle ? entries_.erase(entry) : std::next(entry);
  }
}

}  // namespace traind
