#ifndef TRAIND_TESTS_SERVING_SERVING_FAKES_H_
#define TRAIND_TESTS_SERVING_SERVING_FAKES_H_

#include <atomic>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "server/serving/executor.h"
#include "server/serving/model_store.h"

namespace traind {

// A version that takes FP32 [N, 1, 1, 2] and tells two classes apart.
inline v1::ModelVersion TwoClassVersion(int64_t number, const std::string& model = "two") {
  v1::ModelVersion version;
  version.set_model(model);
  version.set_version(number);
  v1::TensorSignature& input = *version.add_inputs();
  input.set_name("x");
  input.set_data_type(v1::DATA_TYPE_FP32);
  for (int64_t size : {-1, 1, 1, 2}) input.add_shape(size);
  return version;
}

// Holds the versions it was given.
class FakeModelStore : public ModelStore {
 public:
  explicit FakeModelStore(std::vector<v1::ModelVersion> versions)
      : versions_(std::move(versions)) {}

  absl::StatusOr<v1::ModelVersion> Publish(v1::ModelVersion description,
                                           const std::string& source_directory) override {
    return absl::UnimplementedError("this fake is read only");
  }
  absl::StatusOr<v1::ModelVersion> Get(absl::string_view model, int64_t version) const override {
    for (auto candidate = versions_.rbegin(); candidate != versions_.rend(); ++candidate) {
      if (candidate->model() == model && (version == 0 || candidate->version() == version)) {
        return *candidate;
      }
    }
    return absl::NotFoundError(absl::StrCat("no model ", std::string(model), " version ", version));
  }
  absl::StatusOr<int64_t> FindVersion(absl::string_view model, int64_t version) const override {
    const absl::StatusOr<v1::ModelVersion> found = Get(model, version);
    if (!found.ok()) return found.status();
    return found->version();
  }
  std::vector<v1::Model> List() const override {
    std::vector<v1::Model> models;
    for (const v1::ModelVersion& version : versions_) {
      if (models.empty() || models.back().name() != version.model()) {
        models.emplace_back().set_name(version.model());
      }
      *models.back().add_versions() = version;
    }
    return models;
  }
  std::string Directory(absl::string_view model, int64_t version) const override {
    return absl::StrCat("/models/", std::string(model), "/", version);
  }

 private:
  const std::vector<v1::ModelVersion> versions_;
};

// What executors made by a FakeExecutorLoader do, and what they were asked.
struct FakeExecution {
  std::atomic<int> loads = 0;
  std::atomic<int> runs = 0;
  absl::Status load_status;
  int64_t memory_bytes = 1000;
  // When set, each run tells that it has begun and waits for `release`.
  bool hold = false;
  absl::Notification begun;
  // When set, each load tells that it has begun and waits for `load_release`.
  std::atomic<bool> hold_load = false;
  absl::Notification load_begun;
  absl::Notification load_release;
  absl::Notification release;
  absl::Mutex mutex;
  std::vector<int64_t> batches ABSL_GUARDED_BY(mutex);  // rows of each run
};

// Class 1 with logits {0, 1} for every row.
class FakeExecutor : public Executor {
 public:
  explicit FakeExecutor(FakeExecution& execution) : execution_(execution) {}

  absl::StatusOr<Prediction> Run(absl::Span<const absl::string_view> inputs,
                                 int64_t row_count) override {
    {
      absl::MutexLock lock(&execution_.mutex);
      execution_.batches.push_back(row_count);
    }
    if (++execution_.runs == 1 && execution_.hold) {
      execution_.begun.Notify();
      execution_.release.WaitForNotification();
    }
    Prediction prediction;
    prediction.row_count = row_count;
    prediction.class_count = 2;
    for (int64_t row = 0; row < row_count; ++row) {
      prediction.classes.push_back(1);
      for (float value : {0.0f, 1.0f}) prediction.logits.push_back(value);
      for (float value : {0.25f, 0.75f}) prediction.probabilities.push_back(value);
    }
    // Tells rows of a batch apart: the first logit is the first number of the row.
    size_t row = 0;
    for (const absl::string_view input : inputs) {
      for (size_t at = 0; at + 8 <= input.size(); at += 8) {
        std::memcpy(&prediction.logits[2 * row++], input.data() + at, sizeof(float));
      }
    }
    return prediction;
  }
  int64_t memory_bytes() const override { return execution_.memory_bytes; }

 private:
  FakeExecution& execution_;
};

class FakeExecutorLoader : public ExecutorLoader {
 public:
  explicit FakeExecutorLoader(FakeExecution& execution) : execution_(execution) {}

  absl::StatusOr<std::unique_ptr<Executor>> Load(const v1::ModelVersion& version,
                                                 const std::string& directory) override {
    ++execution_.loads;
    if (execution_.hold_load) {
      execution_.load_begun.Notify();
      execution_.load_release.WaitForNotification();
    }
    if (!execution_.load_status.ok()) return execution_.load_status;
    return std::make_unique<FakeExecutor>(execution_);
  }

 private:
  FakeExecution& execution_;
};

}  // namespace traind

#endif  // TRAIND_TESTS_SERVING_SERVING_FAKES_H_
