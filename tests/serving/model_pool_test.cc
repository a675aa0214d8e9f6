#include "server/serving/model_pool.h"

#include <optional>
#include <thread>

#include "gmock/gmock.h"
#include "tests/serving/serving_fakes.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ModelPoolTest : public testing::Test {
 protected:
  ModelPoolTest()
      : store_({TwoClassVersion(1), TwoClassVersion(2), TwoClassVersion(3)}), loader_(execution_) {
    options_.limits.loaded_models_max = 2;
    options_.on_state_change = [this](const ModelPool::Status& status) {
      absl::MutexLock lock(&mutex_);
      changes_.push_back(status);
    };
    Restart();
  }
  ~ModelPoolTest() override { pool_.reset(); }

  void Restart() { pool_ = std::make_unique<ModelPool>(options_, store_, loader_); }

  // Waits for a version's executor.
  ModelPool::Loaded Get(int64_t version) {
    ModelPool::Loaded result;
    absl::Notification done;
    pool_->Get(TwoClassVersion(version), [&](ModelPool::Loaded loaded) {
      result = std::move(loaded);
      done.Notify();
    });
    done.WaitForNotification();
    return result;
  }
  ModelPool::Status StatusOf(int64_t version) { return pool_->StatusOf("two", version); }
  // Waits until so many changes were told; returns them as `1 READY`.
  std::vector<std::string> Changes(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto told = [this, count]()
                          ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return changes_.size() >= count; };
    mutex_.Await(absl::Condition(&told));
    std::vector<std::string> texts;
    for (const ModelPool::Status& change : changes_) {
      constexpr const char* kNames[] = {"UNKNOWN", "LOADING", "READY", "UNAVAILABLE"};
      texts.push_back(absl::StrCat(change.version, " ", kNames[static_cast<int>(change.state)]));
    }
    return texts;
  }

  FakeModelStore store_;
  FakeExecution execution_;
  FakeExecutorLoader loader_;
  ModelPool::Options options_;
  absl::Mutex mutex_;
  std::vector<ModelPool::Status> changes_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<ModelPool> pool_;
};

TEST_F(ModelPoolTest, AVersionIsLoadedOnceAndKept) {
  ASSERT_OK(Get(1));
  EXPECT_EQ(*Get(1), *Get(1));
  EXPECT_EQ(execution_.loads, 1);
}

TEST_F(ModelPoolTest, TheLeastRecentlyUsedVersionGoesWhenThereAreTooMany) {
  for (const int64_t version : {1, 2, 1, 3}) ASSERT_OK(Get(version));
  EXPECT_EQ(execution_.loads, 3);
  ASSERT_OK(Get(1));
  EXPECT_EQ(execution_.loads, 3);
  ASSERT_OK(Get(2));
  EXPECT_EQ(execution_.loads, 4);
}

TEST_F(ModelPoolTest, VersionsGoWhenTheyAreTooLargeTogether) {
  execution_.memory_bytes = 600;
  options_.limits.loaded_models_bytes_max = 1000;
  Restart();
  ASSERT_OK(Get(1));
  ASSERT_OK(Get(2));
  EXPECT_EQ(StatusOf(1).state, ModelPool::State::kUnavailable);
  EXPECT_EQ(StatusOf(2).state, ModelPool::State::kReady);
}

TEST_F(ModelPoolTest, AVersionLargerThanTheBudgetServesAlone) {
  execution_.memory_bytes = 5000;
  options_.limits.loaded_models_bytes_max = 1000;
  Restart();
  EXPECT_OK(Get(1));
  EXPECT_EQ(StatusOf(1).memory_bytes, 5000);
}

TEST_F(ModelPoolTest, WhatRunsOnAnEvictedVersionEndsUndisturbed) {
  const std::shared_ptr<Executor> executor = *Get(1);
  ASSERT_OK(Get(2));
  ASSERT_OK(Get(3));
  ASSERT_EQ(StatusOf(1).state, ModelPool::State::kUnavailable);
  EXPECT_OK(executor->Run({std::string(8, '\0')}, 1));
}

TEST_F(ModelPoolTest, ThoseWhoAskWhileItLoadsWaitForOneLoad) {
  execution_.hold_load = true;
  std::atomic<int> answers = 0;
  const auto count = [&answers](const ModelPool::Loaded& loaded) { answers += loaded.ok(); };
  for (int i = 0; i < 3; ++i) pool_->Get(TwoClassVersion(1), count);
  execution_.load_begun.WaitForNotification();
  EXPECT_EQ(StatusOf(1).state, ModelPool::State::kLoading);
  execution_.load_release.Notify();
  ASSERT_OK(Get(1));
  EXPECT_EQ(answers, 3);
  EXPECT_EQ(execution_.loads, 1);
}

TEST_F(ModelPoolTest, AFailedLoadIsToldWithItsReasonAndTriedAgain) {
  execution_.load_status = absl::DataLossError("model.safetensors: wrong SHA-256");
  EXPECT_THAT(Get(1), StatusIs(absl::StatusCode::kDataLoss, "SHA-256"));
  EXPECT_EQ(StatusOf(1).state, ModelPool::State::kUnavailable);
  EXPECT_EQ(StatusOf(1).reason, "model.safetensors: wrong SHA-256");
  execution_.load_status = absl::OkStatus();
  EXPECT_OK(Get(1));
  EXPECT_EQ(StatusOf(1).reason, "");
}

TEST_F(ModelPoolTest, UnloadingTellsWhatItFrees) {
  ASSERT_OK(Get(1));
  EXPECT_EQ(pool_->Unload("two", 1), 1000);
  EXPECT_EQ(pool_->Unload("two", 1), 0);
  ASSERT_OK(Get(1));
  EXPECT_EQ(execution_.loads, 2);
}

TEST_F(ModelPoolTest, AVersionThatNobodyAskedForIsUnknown) {
  EXPECT_EQ(StatusOf(1).state, ModelPool::State::kUnknown);
  ASSERT_OK(pool_->Describe("two", 1));
  EXPECT_EQ(StatusOf(1).state, ModelPool::State::kUnknown);
}

TEST_F(ModelPoolTest, EachChangeOfAStateIsToldInOrder) {
  ASSERT_OK(Get(1));
  pool_->Unload("two", 1);
  pool_->Forget("two", 1);
  EXPECT_THAT(Changes(4), ElementsAre("1 LOADING", "1 READY", "1 UNAVAILABLE", "1 UNKNOWN"));
  absl::MutexLock lock(&mutex_);
  EXPECT_EQ(changes_[1].memory_bytes, 1000);
  EXPECT_EQ(changes_[2].reason, "unloaded");
  EXPECT_EQ(changes_[1].cause, ModelPool::Cause::kLoaded);
  EXPECT_EQ(changes_[3].cause, ModelPool::Cause::kForgotten);
}

TEST_F(ModelPoolTest, AnEvictionIsToldWithTheLimit) {
  for (const int64_t version : {1, 2, 3}) ASSERT_OK(Get(version));
  EXPECT_THAT(Changes(7), Contains("1 UNAVAILABLE"));
  EXPECT_THAT(StatusOf(1).reason, HasSubstr("loaded_models_max"));
}

TEST_F(ModelPoolTest, WhoIsToldMayAskThePool) {
  options_.on_state_change = [this](const ModelPool::Status& status) {
    if (status.state == ModelPool::State::kReady) pool_->Unload("two", status.version);
  };
  Restart();
  ASSERT_OK(Get(1));
  ASSERT_OK(Get(1));
  EXPECT_EQ(execution_.loads, 2);
}

TEST_F(ModelPoolTest, AVersionWhoseExecutorIsLostIsLoadedAgainAtOnce) {
  ASSERT_OK(Get(1));
  pool_->ReportLost("two", 1, "its process was killed by signal 11");
  EXPECT_THAT(Changes(5),
              ElementsAre("1 LOADING", "1 READY", "1 UNAVAILABLE", "1 LOADING", "1 READY"));
  EXPECT_EQ(execution_.loads, 2);
  absl::MutexLock lock(&mutex_);
  EXPECT_EQ(changes_[2].reason, "its process was killed by signal 11");
}

TEST_F(ModelPoolTest, AVersionHasFailedFromItsLossToTheEndOfTheLoadThatFollows) {
  ASSERT_OK(Get(1));
  EXPECT_FALSE(StatusOf(1).has_failed);
  execution_.hold_load = true;
  pool_->ReportLost("two", 1, "its process died");
  execution_.load_begun.WaitForNotification();
  EXPECT_EQ(StatusOf(1).state, ModelPool::State::kLoading);
  EXPECT_TRUE(StatusOf(1).has_failed);
  EXPECT_EQ(StatusOf(1).reason, "its process died");
  execution_.load_release.Notify();
  ASSERT_OK(Get(1));
  EXPECT_FALSE(StatusOf(1).has_failed);
}

TEST_F(ModelPoolTest, AnExecutorIsInUseUntilAnotherTakesItsPlace) {
  const ModelPool::Loaded first = Get(1);
  ASSERT_OK(first);
  EXPECT_TRUE(pool_->IsInUse("two", 1, **first));
  EXPECT_FALSE(pool_->IsInUse("two", 2, **first));
  pool_->Unload("two", 1);
  EXPECT_FALSE(pool_->IsInUse("two", 1, **first));
  ASSERT_OK(Get(1));
  EXPECT_FALSE(pool_->IsInUse("two", 1, **first));
}

TEST_F(ModelPoolTest, ALoadedVersionTellsItsDevice) {
  loader_.device_name = "cuda:1";
  EXPECT_EQ(StatusOf(1).device, "");
  ASSERT_OK(Get(1));
  EXPECT_EQ(StatusOf(1).device, "cuda:1");
  pool_->Unload("two", 1);
  EXPECT_EQ(StatusOf(1).device, "");
}

TEST_F(ModelPoolTest, WhoAsksWhileALostVersionLoadsWaitsForThatLoad) {
  ASSERT_OK(Get(1));
  execution_.hold_load = true;
  pool_->ReportLost("two", 1, "its process died");
  execution_.load_begun.WaitForNotification();
  absl::Notification answered;
  pool_->Get(TwoClassVersion(1), [&](const ModelPool::Loaded& loaded) {
    EXPECT_OK(loaded);
    answered.Notify();
  });
  EXPECT_FALSE(answered.HasBeenNotified());
  execution_.load_release.Notify();
  answered.WaitForNotification();
  EXPECT_EQ(execution_.loads, 2);
}

TEST_F(ModelPoolTest, AVersionThatIsLostTimeAndAgainWaitsForSomeoneToAsk) {
  options_.limits.model_reloads_max = 1;
  Restart();
  ASSERT_OK(Get(1));
  pool_->ReportLost("two", 1, "died");
  Changes(5);
  pool_->ReportLost("two", 1, "died again");
  EXPECT_EQ(StatusOf(1).state, ModelPool::State::kUnavailable);
  EXPECT_EQ(StatusOf(1).reason, "died again");
  ASSERT_OK(Get(1));
  EXPECT_EQ(execution_.loads, 3);
}

TEST_F(ModelPoolTest, WhatThePinnedModelsRequestsGoToIsNotEvicted) {
  options_.pinned_models = {"another", "two"};
  options_.limits.loaded_models_max = 1;
  Restart();
  for (const int64_t version : {3, 1, 2}) ASSERT_OK(Get(version));
  EXPECT_EQ(StatusOf(3).state, ModelPool::State::kReady);
  EXPECT_EQ(StatusOf(1).state, ModelPool::State::kUnavailable);
}

TEST_F(ModelPoolTest, ThePinnedModelsCanaryIsNotEvictedWhileItHasAShare) {
  options_.pinned_models = {"two"};
  options_.limits.loaded_models_max = 1;
  Restart();
  ASSERT_OK(store_.SetAlias("two", "canary", 1, absl::UnixEpoch()));
  ASSERT_OK(store_.SetCanaryPercent("two", 5));
  for (const int64_t version : {1, 2}) ASSERT_OK(Get(version));
  EXPECT_EQ(StatusOf(1).state, ModelPool::State::kReady);
  ASSERT_OK(store_.SetCanaryPercent("two", 0));
  ASSERT_OK(Get(2));
  pool_->Unload("two", 2);
  ASSERT_OK(Get(2));
  EXPECT_EQ(StatusOf(1).state, ModelPool::State::kUnavailable);
}

TEST_F(ModelPoolTest, TheVersionInProductionIsNotEvicted) {
  ASSERT_OK(store_.SetAlias("two", "production", 1, absl::UnixEpoch()));
  for (const int64_t version : {1, 2, 3}) ASSERT_OK(Get(version));
  EXPECT_EQ(StatusOf(1).state, ModelPool::State::kReady);
}

TEST_F(ModelPoolTest, ADeletedVersionIsNotFoundForThoseWhoWaitForItsLoad) {
  execution_.load_status = absl::DataLossError("no such file");
  execution_.hold_load = true;
  absl::Status answer;
  absl::Notification answered;
  pool_->Get(TwoClassVersion(1), [&](const ModelPool::Loaded& loaded) {
    answer = loaded.status();
    answered.Notify();
  });
  execution_.load_begun.WaitForNotification();
  ASSERT_OK(store_.DeleteVersion("two", 1, false));
  pool_->Forget("two", 1);
  execution_.load_release.Notify();
  answered.WaitForNotification();
  EXPECT_EQ(answer.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(StatusOf(1).state, ModelPool::State::kUnknown);
}

TEST_F(ModelPoolTest, ThoseWhoStillWaitAtTheEndAreAnswered) {
  execution_.hold_load = true;
  std::optional<absl::Status> first;
  std::optional<absl::Status> second;
  pool_->Get(TwoClassVersion(1), [&](const ModelPool::Loaded& loaded) { first = loaded.status(); });
  execution_.load_begun.WaitForNotification();
  pool_->Get(TwoClassVersion(2),
             [&](const ModelPool::Loaded& loaded) { second = loaded.status(); });
  std::thread end([this] { pool_.reset(); });
  execution_.load_release.Notify();
  end.join();
  ASSERT_TRUE(first.has_value());
  EXPECT_OK(*first);
  // Loaded when the pool's thread was quicker than its end.
  ASSERT_TRUE(second.has_value());
  EXPECT_TRUE(second->ok() || absl::IsUnavailable(*second)) << *second;
}

TEST_F(ModelPoolTest, DescriptionsComeFromTheStore) {
  EXPECT_EQ((*pool_->Describe("two", 2))->version(), 2);
  EXPECT_EQ(*pool_->Describe("two", 2), *pool_->Describe("two", 2));
  EXPECT_EQ(pool_->Describe("nope", 1).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ModelPoolTest, VeryManyDescriptionsAreForgottenAgain) {
  options_.limits.described_versions_max = 2;
  Restart();
  ASSERT_OK(Get(1));
  for (const int64_t version : {2, 3, 2, 3}) ASSERT_OK(pool_->Describe("two", version));
  EXPECT_LE(pool_->Statuses().size(), 2u);
  EXPECT_EQ(StatusOf(1).state, ModelPool::State::kReady);
}

}  // namespace
}  // namespace traind
