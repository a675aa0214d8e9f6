#include "server/worker_link/loaded_executors.h"

#include "absl/strings/str_cat.h"

namespace traind {

absl::StatusOr<LoadedExecutors::Loaded> LoadedExecutors::Load(const v1::ModelVersion& version,
                                                              const std::string& directory) {
  absl::StatusOr<std::unique_ptr<Executor>> executor = loader_.Load(version, directory);
  if (!executor.ok()) return Judge(executor.status());
  Loaded loaded;
  loaded.memory_bytes = (*executor)->memory_bytes();
  absl::MutexLock lock(&mutex_);
  loaded.handle = ++last_handle_;
  executors_[loaded.handle] = *std::move(executor);
  return loaded;
}

absl::StatusOr<Prediction> LoadedExecutors::Run(int64_t handle,
                                                absl::Span<const absl::string_view> inputs,
                                                int64_t row_count) {
  const std::shared_ptr<Executor> executor = Find(handle);
  if (executor == nullptr) {
    return absl::NotFoundError(absl::StrCat("no version is loaded as ", handle));
  }
  absl::StatusOr<Prediction> prediction = executor->Run(inputs, row_count);
  if (!prediction.ok()) return Judge(prediction.status());
  return prediction;
}

void LoadedExecutors::Unload(int64_t handle) {
  std::shared_ptr<Executor> unloaded;  // freed without the lock
  absl::MutexLock lock(&mutex_);
  const auto found = executors_.find(handle);
  if (found == executors_.end()) return;
  unloaded = std::move(found->second);
  executors_.erase(found);
}

void LoadedExecutors::NoteCall() {
  absl::MutexLock lock(&mutex_);
  ++unanswered_;
}

void LoadedExecutors::NoteAnswer() {
  absl::MutexLock lock(&mutex_);
  --unanswered_;
}

void LoadedExecutors::WaitForLostDevice(absl::Duration grace) {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&device_is_lost_));
  mutex_.AwaitWithTimeout(absl::Condition(this, &LoadedExecutors::IsSilent), grace);
}

std::shared_ptr<Executor> LoadedExecutors::Find(int64_t handle) {
  absl::MutexLock lock(&mutex_);
  const auto found = executors_.find(handle);
  return found == executors_.end() ? nullptr : found->second;
}

absl::Status LoadedExecutors::Judge(absl::Status error) {
  if (device_works_()) return error;
  absl::MutexLock lock(&mutex_);
  device_is_lost_ = true;
  return absl::UnavailableError(absl::StrCat("the device has failed: ", error.message()));
}

}  // namespace traind
