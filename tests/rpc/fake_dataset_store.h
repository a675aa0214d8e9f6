#ifndef TRAIND_TESTS_RPC_FAKE_DATASET_STORE_H_
#define TRAIND_TESTS_RPC_FAKE_DATASET_STORE_H_

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/datasets/dataset_store.h"

namespace traind {

// Keeps the bytes of one push, and makes a dataset of that name without reading them.
// Thread-safe.
class FakeDatasetStore : public DatasetStore {
 public:
  absl::StatusOr<v1::DatasetPush> BeginPush(const v1::BeginDatasetPushRequest& request) override {
    absl::MutexLock lock(&mutex_);
    v1::DatasetPush push;
    push.set_id("the-push");
    push.set_received_bytes(static_cast<int64_t>(bytes_.size()));
    return push;
  }

  absl::Status Append(absl::string_view push_id, int64_t offset, absl::string_view bytes) override {
    absl::MutexLock lock(&mutex_);
    if (offset != static_cast<int64_t>(bytes_.size())) return absl::AbortedError("another place");
    absl::StrAppend(&bytes_, bytes);
    return absl::OkStatus();
  }

  absl::StatusOr<v1::Dataset> FinishPush(absl::string_view push_id) override {
    absl::MutexLock lock(&mutex_);
    if (!failure_.ok()) return failure_;
    v1::Dataset dataset;
    dataset.set_name(std::string(push_id));
    return dataset;
  }

  absl::StatusOr<int64_t> Delete(absl::string_view name) override {
    absl::MutexLock lock(&mutex_);
    deleted_.emplace_back(name);
    return 4096;
  }

  void FailWith(absl::Status failure) {
    absl::MutexLock lock(&mutex_);
    failure_ = std::move(failure);
  }
  std::string bytes() const {
    absl::MutexLock lock(&mutex_);
    return bytes_;
  }
  std::vector<std::string> deleted() const {
    absl::MutexLock lock(&mutex_);
    return deleted_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::string bytes_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> deleted_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_TESTS_RPC_FAKE_DATASET_STORE_H_
