#include "server/serving/model_pool.h"

#include <optional>
#include <thread>

#include "gmock/gmock.h"
#include "tests/serving/serving_fakes.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

class ModelPoolTest : public testing::Test {
 protected:
  ModelPoolTest()
      : store_({TwoClassVersion(1), TwoClassVersion(2), TwoClassVersion(3)}), loader_(execution_) {
    options_.limits.loaded_models_max = 2;
    Restart();
  }

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
  ModelPool::Status StatusOf(int64_t version) {
    for (const ModelPool::Status& status : pool_->Statuses()) {
      if (status.version == version) return status;
    }
    return {};
  }

  FakeModelStore store_;
  FakeExecution execution_;
  FakeExecutorLoader loader_;
  ModelPool::Options options_;
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
