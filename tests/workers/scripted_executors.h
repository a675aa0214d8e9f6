#ifndef TRAIND_TESTS_WORKERS_SCRIPTED_EXECUTORS_H_
#define TRAIND_TESTS_WORKERS_SCRIPTED_EXECUTORS_H_

#include <signal.h>

#include <atomic>
#include <cstring>
#include <latch>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "server/serving/executor.h"

namespace traind {

// A version that does what its model's name says.
inline v1::ModelVersion ScriptedVersion(const std::string& model, int64_t number = 1) {
  v1::ModelVersion version;
  version.set_model(model);
  version.set_version(number);
  return version;
}

// What the executors of one process share.
struct Script {
  std::atomic<bool> device_works = true;
  std::atomic<int> alive = 0;  // executors
  std::latch meeting{2};
  absl::Notification stuck;    // a stuck batch has begun
  absl::Notification release;  // ends it
};

// Loads versions of two classes, whose rows are two floats. By the model's name:
//   sum       the logits of a row are its sum and the version's number
//   refused   cannot be loaded, DATA_LOSS
//   fault     runs into INTERNAL
//   lost      runs into INTERNAL and loses the device
//   deadly    kills its process when it runs
//   stuck     runs until Script::release
//   meeting   as sum, but waits for a second batch
class ScriptedLoader : public ExecutorLoader {
 public:
  explicit ScriptedLoader(Script& script) : script_(script) {}

  absl::StatusOr<std::unique_ptr<Executor>> Load(const v1::ModelVersion& version,
                                                 const std::string& directory) override {
    if (version.model() == "refused") {
      return absl::DataLossError(absl::StrCat(directory, " is damaged"));
    }
    return std::make_unique<Scripted>(script_, version);
  }

 private:
  class Scripted : public Executor {
   public:
    Scripted(Script& script, v1::ModelVersion version)
        : script_(script), version_(std::move(version)) {
      ++script_.alive;
    }
    ~Scripted() override { --script_.alive; }

    absl::StatusOr<Prediction> Run(absl::Span<const absl::string_view> inputs,
                                   int64_t row_count) override {
      const std::string& name = version_.model();
      if (name == "lost") script_.device_works = false;
      if (name == "lost" || name == "fault") return absl::InternalError("CUDA error: assert");
      if (name == "deadly") raise(SIGKILL);
      if (name == "stuck") {
        script_.stuck.Notify();
        script_.release.WaitForNotification();
      }
      if (name == "meeting") {
        script_.meeting.arrive_and_wait();
      }
      return Sum(inputs, row_count);
    }
    int64_t memory_bytes() const override { return 1000 + version_.version(); }

   private:
    Prediction Sum(absl::Span<const absl::string_view> inputs, int64_t row_count) const {
      std::string joined;
      for (const absl::string_view input : inputs) absl::StrAppend(&joined, input);
      Prediction prediction;
      prediction.row_count = row_count;
      prediction.class_count = 2;
      for (size_t row = 0; row < static_cast<size_t>(row_count); ++row) {
        float values[2];
        std::memcpy(values, joined.data() + row * sizeof(values), sizeof(values));
        prediction.classes.push_back(static_cast<int64_t>(row));
        prediction.logits.push_back(values[0] + values[1]);
        prediction.logits.push_back(static_cast<float>(version_.version()));
        prediction.probabilities.push_back(0.25F);
        prediction.probabilities.push_back(0.75F);
      }
      prediction.times = {absl::Nanoseconds(1), absl::Nanoseconds(2), absl::Nanoseconds(3)};
      return prediction;
    }

    Script& script_;
    const v1::ModelVersion version_;
  };

  Script& script_;
};

// The bytes of one row of two floats.
inline std::string Row(float first, float second) {
  const float values[] = {first, second};
  return {reinterpret_cast<const char*>(values), sizeof(values)};
}

}  // namespace traind

#endif  // TRAIND_TESTS_WORKERS_SCRIPTED_EXECUTORS_H_
