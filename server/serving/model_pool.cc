#include "server/serving/model_pool.h"

#include <malloc.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/serving/model_aliases.h"
#include "server/serving/sample_check.h"

namespace traind {
namespace {

std::string ReasonOf(const absl::Status& status) {
  return status.message().empty() ? status.ToString() : std::string(status.message());
}

// Lets executors go, and the allocator give what they occupied back to the system: by
// itself it keeps what lies between blocks that are in use.
void Free(std::vector<std::shared_ptr<Executor>> executors) {
  if (executors.empty()) return;
  executors.clear();
  malloc_trim(0);
}

void FreeOne(std::shared_ptr<Executor> executor) {
  std::vector<std::shared_ptr<Executor>> one;
  one.push_back(std::move(executor));
  Free(std::move(one));
}

}  // namespace

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
  ASSIGN_OR_RETURN(v1::ModelVersion found, store_.Get(model, version));
  std::shared_ptr<const v1::ModelVersion> description;
  {
    absl::MutexLock lock(&mutex_);
    ForgetIdle();
    Entry& entry = entries_[key];
    if (entry.description == nullptr) {
      entry.description = std::make_shared<const v1::ModelVersion>(std::move(found));
    }
    description = entry.description;
  }
  TellChanges();
  return description;
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
      entry.waiting.push_back(std::exchange(done, nullptr));
      if (!entry.loading) QueueLoad(key, entry);
    }
  }
  if (executor == nullptr) return TellChanges();
  done(std::move(executor));
}

ModelPool::Status ModelPool::ToStatus(const Key& key, const Entry& entry) const {
  Status status;
  std::tie(status.model, status.version) = key;
  status.reason = entry.reason;
  status.has_failed = entry.has_failed;
  status.cause = entry.cause;
  status.load_time = entry.load_time;
  if (entry.executor != nullptr) {
    status.state = State::kReady;
    status.memory_bytes = entry.executor->memory_bytes();
    status.device = loader_.device();
  } else if (entry.loading) {
    status.state = State::kLoading;
  } else if (!entry.reason.empty()) {
    status.state = State::kUnavailable;
  }
  return status;
}

void ModelPool::Preload(absl::string_view model, int64_t version) {
  if (!Describe(model, version).ok()) return;
  {
    absl::MutexLock lock(&mutex_);
    const auto entry = entries_.find(Key{std::string(model), version});
    if (entry == entries_.end()) return;
    entry->second.last_use = ++use_counter_;
    const bool is_there = entry->second.executor != nullptr || entry->second.loading;
    if (is_there || entry->second.cause == Cause::kLoadFailed) return;
    QueueLoad(entry->first, entry->second);
  }
  TellChanges();
}

std::vector<ModelPool::Status> ModelPool::Statuses() const {
  absl::MutexLock lock(&mutex_);
  std::vector<Status> statuses;
  for (const auto& [key, entry] : entries_) statuses.push_back(ToStatus(key, entry));
  return statuses;
}

ModelPool::Status ModelPool::StatusOf(absl::string_view model, int64_t version) const {
  absl::MutexLock lock(&mutex_);
  const Key key{std::string(model), version};
  const auto entry = entries_.find(key);
  return ToStatus(key, entry == entries_.end() ? Entry() : entry->second);
}

bool ModelPool::IsReady(absl::string_view model, int64_t version) const {
  return StatusOf(model, version).state == State::kReady;
}

bool ModelPool::IsInUse(absl::string_view model, int64_t version, const Executor& executor) const {
  absl::MutexLock lock(&mutex_);
  const auto entry = entries_.find(Key{std::string(model), version});
  return entry != entries_.end() && entry->second.executor.get() == &executor;
}

int64_t ModelPool::Unload(absl::string_view model, int64_t version) {
  std::shared_ptr<Executor> unloaded;
  {
    absl::MutexLock lock(&mutex_);
    const auto entry = entries_.find(Key{std::string(model), version});
    if (entry == entries_.end() || entry->second.executor == nullptr) return 0;
    unloaded = std::exchange(entry->second.executor, nullptr);
    entry->second.reason = "unloaded";
    NoteChange(entry->first, entry->second, Cause::kUnloaded);
  }
  TellChanges();
  const int64_t memory_bytes = unloaded->memory_bytes();
  FreeOne(std::move(unloaded));
  return memory_bytes;
}

void ModelPool::Forget(absl::string_view model, int64_t version) {
  std::shared_ptr<Executor> unloaded;
  {
    absl::MutexLock lock(&mutex_);
    const auto entry = entries_.find(Key{std::string(model), version});
    if (entry == entries_.end()) return;
    unloaded = std::exchange(entry->second.executor, nullptr);
    // The loading thread, or who waits, still needs the entry; it goes after the load.
    entry->second.forgotten = entry->second.loading;
    if (!entry->second.loading) {
      NoteForgotten(entry->first);
      entries_.erase(entry);
    }
  }
  TellChanges();
  if (unloaded != nullptr) FreeOne(std::move(unloaded));
}

void ModelPool::ReportLost(absl::string_view model, int64_t version, absl::string_view reason) {
  {
    absl::MutexLock lock(&mutex_);
    const auto found = entries_.find(Key{std::string(model), version});
    if (found == entries_.end() || found->second.executor == nullptr) return;
    Entry& entry = found->second;
    to_free_.push_back(std::exchange(entry.executor, nullptr));
    entry.reason = std::string(reason.empty() ? "its executor was lost" : reason);
    entry.has_failed = true;
    NoteChange(found->first, entry, Cause::kLost);
    entry.losses = entry.lost_at_use == entry.last_use ? entry.losses + 1 : 1;
    entry.lost_at_use = entry.last_use;
    if (entry.losses <= options_.limits.model_reloads_max) QueueLoad(found->first, entry);
  }
  TellChanges();
}

void ModelPool::QueueLoad(const Key& key, Entry& entry) {
  entry.loading = true;
  to_load_.push_back(key);
  NoteChange(key, entry, Cause::kAsked);
}

void ModelPool::NoteChange(const Key& key, Entry& entry, Cause cause) {
  entry.cause = cause;
  if (options_.on_state_change) changes_.push_back(ToStatus(key, entry));
}

void ModelPool::NoteForgotten(const Key& key) {
  Entry forgotten;
  NoteChange(key, forgotten, Cause::kForgotten);
}

void ModelPool::TellChanges() {
  while (true) {
    Status change;
    {
      absl::MutexLock lock(&mutex_);
      if (telling_ || changes_.empty()) return;
      telling_ = true;
      change = std::move(changes_.front());
      changes_.pop_front();
    }
    options_.on_state_change(change);
    absl::MutexLock lock(&mutex_);
    telling_ = false;
  }
}

void ModelPool::LoadLoop() {
  if (options_.thread_start) options_.thread_start();
  while (true) {
    std::vector<std::shared_ptr<Executor>> freed;
    Key key;
    std::shared_ptr<const v1::ModelVersion> description;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &ModelPool::HasWork));
      freed.swap(to_free_);
      if (stopping_) return;
      if (!to_load_.empty()) {
        key = std::move(to_load_.front());
        to_load_.pop_front();
        description = entries_[key].description;
      }
    }
    Free(std::move(freed));
    if (description != nullptr) Load(key, std::move(description));
  }
}

void ModelPool::Load(const Key& key, std::shared_ptr<const v1::ModelVersion> description) {
  const absl::Duration start = options_.clock->Monotonic();
  absl::StatusOr<std::unique_ptr<Executor>> loaded =
      loader_.Load(*description, store_.Directory(key.first, key.second));
  if (loaded.ok()) {
    const absl::Status same = CheckAgainstSample(key, **loaded);
    if (!same.ok()) loaded = same;
  }
  Loaded result =
      loaded.ok() ? Loaded(std::shared_ptr<Executor>(*std::move(loaded))) : Loaded(loaded.status());
  const absl::Status exists =
      result.ok() ? absl::OkStatus() : store_.FindVersion(key.first, key.second).status();
  // Deleted meanwhile, which says more than that its files are gone.
  if (absl::IsNotFound(exists)) result = exists;
  const absl::Duration load_time = options_.clock->Monotonic() - start;
  std::vector<Done> waiting;
  std::vector<std::shared_ptr<Executor>> evicted;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = entries_.find(key);
    Entry& entry = found->second;
    entry.loading = false;
    waiting.swap(entry.waiting);
    if (entry.forgotten || absl::IsNotFound(exists)) {
      NoteForgotten(key);
      entries_.erase(found);
    } else {
      entry.executor = result.ok() ? *result : nullptr;
      entry.reason = result.ok() ? "" : ReasonOf(result.status());
      entry.has_failed = !result.ok();
      entry.load_time = load_time;
      NoteChange(key, entry, result.ok() ? Cause::kLoaded : Cause::kLoadFailed);
      if (result.ok()) evicted = Evict(key);
    }
  }
  Free(std::move(evicted));
  TellChanges();
  for (const Done& done : waiting) done(result);
}

absl::Status ModelPool::CheckAgainstSample(const Key& key, Executor& executor) const {
  ASSIGN_OR_RETURN(const std::optional<v1::ModelSample> sample,
                   store_.FindSample(key.first, key.second));
  return sample.has_value() ? CheckSample(*sample, executor) : absl::OkStatus();
}

bool ModelPool::IsPinned(const Key& key) const {
  const absl::StatusOr<int64_t> served = store_.FindAliased(key.first, kProductionAlias);
  if (served.ok() && *served == key.second) return true;
  if (options_.pinned_models.count(key.first) == 0) return false;
  const absl::StatusOr<ModelRoute> route = store_.FindRoute(key.first);
  return route.ok() && (route->version == key.second ||
                        (route->canary_percent > 0 && route->canary_version == key.second));
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
      const bool older =
          oldest == entries_.end() || entry->second.last_use < oldest->second.last_use;
      if (older && entry->first != kept && !IsPinned(entry->first)) oldest = entry;
    }
    const bool fits = count <= options_.limits.loaded_models_max &&
                      memory_bytes <= options_.limits.loaded_models_bytes_max;
    if (fits || oldest == entries_.end()) return evicted;
    evicted.push_back(std::exchange(oldest->second.executor, nullptr));
    oldest->second.reason =
        absl::StrCat("evicted to make room: ", count, " versions with ", memory_bytes,
                     " bytes were loaded (at most ", options_.limits.loaded_models_max,
                     ", loaded_models_max, with ", options_.limits.loaded_models_bytes_max,
                     ", loaded_models_bytes_max)");
    NoteChange(oldest->first, oldest->second, Cause::kEvicted);
  }
}

void ModelPool::ForgetIdle() {
  if (static_cast<int>(entries_.size()) < options_.limits.described_versions_max) return;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const bool idle = entry->second.executor == nullptr && !entry->second.loading;
    if (idle && !entry->second.reason.empty()) NoteForgotten(entry->first);
    entry = idle ? entries_.erase(entry) : std::next(entry);
  }
}

}  // namespace traind
