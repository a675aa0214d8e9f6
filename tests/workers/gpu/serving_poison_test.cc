// What a CUDA error that spoils its process does to predictions. Needs a device.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/workers/device_probe.h"
#include "server/workers/remote_executor_loader.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

class ServingPoisonTest : public testing::Test {
 protected:
  void SetUp() override {
    const DeviceProbe probe = ProbeDevices(TRAIND_WORKER_BINARY, absl::Seconds(60));
    if (probe.devices.size() < 2) GTEST_SKIP() << "this machine has no CUDA device";
    loader_ = std::make_unique<RemoteExecutorLoader>(RemoteExecutorLoader::Options{
        .worker_binary = TRAIND_POISON_WORKER,
        .socket_directory = directory_.path(),
        .device = probe.devices[1],
        .limits = {},
        .on_lost =
            [this](const std::string& model, int64_t, absl::string_view reason) {
              absl::MutexLock lock(&mutex_);
              lost_.push_back(model);
              reason_ = std::string(reason);
            },
    });
  }

  std::unique_ptr<Executor> Load(const std::string& model) {
    v1::ModelVersion version;
    version.set_model(model);
    version.set_version(1);
    auto executor = loader_->Load(version, "");
    EXPECT_OK(executor);
    return executor.ok() ? *std::move(executor) : nullptr;
  }
  static absl::StatusOr<Prediction> Run(Executor& executor) {
    const float value = 41;
    return executor.Run({{reinterpret_cast<const char*>(&value), sizeof(value)}}, 1);
  }

  TempDirectory directory_;
  absl::Mutex mutex_;
  std::vector<std::string> lost_ ABSL_GUARDED_BY(mutex_);
  std::string reason_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<RemoteExecutorLoader> loader_;
};

TEST_F(ServingPoisonTest, AnAssertionOnTheDeviceEndsItsProcessAndTheNextOneWorks) {
  const auto clean = Load("clean");
  const auto poison = Load("poison");
  ASSERT_OK(Run(*clean));
  EXPECT_THAT(Run(*poison), StatusIs(absl::StatusCode::kUnavailable, "the device has failed"));
  {
    absl::MutexLock lock(&mutex_);
    const auto both = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return lost_.size() == 2; };
    mutex_.AwaitWithTimeout(absl::Condition(&both), absl::Seconds(60));
    EXPECT_THAT(lost_, testing::UnorderedElementsAre("clean", "poison"));
    EXPECT_THAT(reason_, testing::HasSubstr("exited with code 3"));
  }
  EXPECT_THAT(Run(*clean), StatusIs(absl::StatusCode::kUnavailable, "retry"));
  const auto again = Load("clean");
  const auto prediction = Run(*again);
  ASSERT_OK(prediction);
  EXPECT_EQ(prediction->logits[0], 42);
}

}  // namespace
}  // namespace traind
