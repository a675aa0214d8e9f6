#ifndef TRAIND_TESTS_SERVING_SERVING_FAKES_H_
#define TRAIND_TESTS_SERVING_SERVING_FAKES_H_

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "server/serving/executor.h"
#include "server/serving/model_aliases.h"
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
  for (const char* name : {"classes", "logits", "probabilities"}) {
    v1::TensorSignature& output = *version.add_outputs();
    output.set_name(name);
    output.add_shape(-1);
    output.set_data_type(v1::DATA_TYPE_INT64);
    if (version.outputs_size() == 1) continue;
    output.set_data_type(v1::DATA_TYPE_FP32);
    output.add_shape(2);
  }
  return version;
}

// Holds the versions it was given, and aliases by the same rules as the real one.
// Thread-safe.
class FakeModelStore : public ModelStore {
 public:
  explicit FakeModelStore(std::vector<v1::ModelVersion> versions)
      : versions_(std::move(versions)) {}

  absl::StatusOr<v1::ModelVersion> Publish(v1::ModelVersion description,
                                           const std::string& source_directory) override {
    return absl::UnimplementedError("this fake is read only");
  }
  absl::StatusOr<v1::ModelVersion> Get(absl::string_view model, int64_t version) const override {
    const absl::StatusOr<v1::Model> found = Find(model);
    if (!found.ok()) return found.status();
    for (const v1::ModelVersion& candidate : found->versions()) {
      if (version == 0 || candidate.version() == version) return candidate;
    }
    return absl::NotFoundError(absl::StrCat("no model ", std::string(model), " version ", version));
  }
  absl::StatusOr<int64_t> FindVersion(absl::string_view model, int64_t version) const override {
    const absl::StatusOr<v1::ModelVersion> found = Get(model, version);
    if (!found.ok()) return found.status();
    return found->version();
  }
  absl::StatusOr<int64_t> FindAliased(absl::string_view model,
                                      absl::string_view alias) const override {
    const absl::StatusOr<v1::ModelVersion> found = Resolve(model, alias);
    if (!found.ok()) return found.status();
    return found->version();
  }
  absl::StatusOr<ModelRoute> FindRoute(absl::string_view model) const override {
    const absl::StatusOr<v1::Model> found = Find(model);
    if (!found.ok()) return found.status();
    return RouteOf(*found, found->versions(0).version());
  }
  absl::StatusOr<v1::ModelVersion> Resolve(absl::string_view model,
                                           absl::string_view alias) const override {
    const absl::StatusOr<v1::Model> found = Find(model);
    if (!found.ok()) return found.status();
    const v1::ModelAlias* const entry = FindAlias(*found, alias);
    if (entry == nullptr) return NoSuchAlias(*found, alias);
    return Get(model, entry->version());
  }
  absl::StatusOr<v1::Model> Find(absl::string_view model) const override {
    for (v1::Model& candidate : List()) {
      if (candidate.name() == model) return std::move(candidate);
    }
    return absl::NotFoundError(absl::StrCat("no model ", std::string(model)));
  }
  std::vector<v1::Model> List() const override {
    absl::MutexLock lock(&mutex_);
    std::vector<v1::Model> models;
    for (const v1::ModelVersion& version : versions_) {
      if (models.empty() || models.back().name() != version.model()) {
        models.emplace_back().set_name(version.model());
        const auto aliases = aliases_.find(version.model());
        if (aliases != aliases_.end()) {
          *models.back().mutable_aliases() = aliases->second.aliases();
          models.back().set_canary_percent(aliases->second.canary_percent());
        }
      }
      *models.back().add_versions() = version;
    }
    for (v1::Model& model : models) {
      std::reverse(model.mutable_versions()->begin(), model.mutable_versions()->end());
      ConnectAliases(model);
    }
    return models;
  }
  absl::StatusOr<v1::Model> SetAlias(absl::string_view model, absl::string_view alias,
                                     int64_t version, absl::Time now) override {
    return Change(model,
                  [&](v1::Model& changed) { return MoveAlias(changed, alias, version, now, 64); });
  }
  absl::StatusOr<v1::Model> DeleteAlias(absl::string_view model, absl::string_view alias) override {
    return Change(model, [&](v1::Model& changed) { return RemoveAlias(changed, alias); });
  }
  absl::StatusOr<v1::Model> RollbackAlias(absl::string_view model, absl::string_view alias,
                                          absl::Time now) override {
    return Change(model, [&](v1::Model& changed) { return RollBackAlias(changed, alias, now); });
  }
  absl::StatusOr<v1::Model> SetCanaryPercent(absl::string_view model, int percent) override {
    return Change(model,
                  [&](v1::Model& changed) { return traind::SetCanaryPercent(changed, percent); });
  }
  absl::StatusOr<v1::Model> DeleteVersion(absl::string_view model, int64_t version,
                                          bool allow_last) override {
    absl::StatusOr<v1::Model> changed = Change(model, [&](v1::Model& candidate) {
      return CheckDeletable(candidate, version, allow_last);
    });
    if (!changed.ok()) return changed;
    {
      absl::MutexLock lock(&mutex_);
      const auto is_it = [&](const v1::ModelVersion& candidate) {
        return candidate.model() == model && candidate.version() == version;
      };
      versions_.erase(std::remove_if(versions_.begin(), versions_.end(), is_it), versions_.end());
    }
    return Find(model);
  }
  absl::StatusOr<std::optional<v1::ModelSample>> FindSample(absl::string_view model,
                                                            int64_t version) const override {
    return sample;
  }
  std::string Directory(absl::string_view model, int64_t version) const override {
    return absl::StrCat("/models/", std::string(model), "/", version);
  }

  // What every version answered in its training.
  std::optional<v1::ModelSample> sample;

 private:
  template <typename Rule>
  absl::StatusOr<v1::Model> Change(absl::string_view name, Rule change) {
    absl::StatusOr<v1::Model> model = Find(name);
    if (!model.ok()) return model;
    if (const absl::Status status = change(*model); !status.ok()) return status;
    absl::MutexLock lock(&mutex_);
    aliases_[std::string(name)] = *model;
    return model;
  }

  mutable absl::Mutex mutex_;
  // Of one model together, oldest first.
  std::vector<v1::ModelVersion> versions_;
  std::map<std::string, v1::Model> aliases_;
};

// What executors made by a FakeExecutorLoader do, and what they were asked.
struct FakeExecution {
  std::atomic<int> loads = 0;
  std::atomic<int> runs = 0;
  absl::Status load_status;
  int64_t memory_bytes = 1000;
  bool runs_on_any_thread = false;
  // Called by each run; may be empty.
  std::function<void()> on_run;
  // When set, each run tells that it has begun and waits for `release`.
  bool hold = false;
  absl::Notification begun;
  // When set, the next load tells that it has begun and waits for `load_release`.
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
    if (execution_.on_run) execution_.on_run();
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
  bool runs_on_any_thread() const override { return execution_.runs_on_any_thread; }

 private:
  FakeExecution& execution_;
};

class FakeExecutorLoader : public ExecutorLoader {
 public:
  explicit FakeExecutorLoader(FakeExecution& execution) : execution_(execution) {}

  absl::StatusOr<std::unique_ptr<Executor>> Load(const v1::ModelVersion& version,
                                                 const std::string& directory) override {
    ++execution_.loads;
    if (execution_.hold_load.exchange(false)) {
      execution_.load_begun.Notify();
      execution_.load_release.WaitForNotification();
    }
    if (version.model() == "damaged") return absl::DataLossError("wrong SHA-256");
    if (!execution_.load_status.ok()) return execution_.load_status;
    return std::make_unique<FakeExecutor>(execution_);
  }
  std::string device() const override { return device_name; }

  std::string device_name = "cpu";

 private:
  FakeExecution& execution_;
};

}  // namespace traind

#endif  // TRAIND_TESTS_SERVING_SERVING_FAKES_H_
