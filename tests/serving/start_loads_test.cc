#include "server/serving/start_loads.h"

#include <memory>
#include <thread>

#include "gmock/gmock.h"
#include "tests/serving/serving_fakes.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr absl::Time kNow = absl::UnixEpoch();

class StartLoadsTest : public testing::Test {
 protected:
  StartLoadsTest() { Restart(); }
  ~StartLoadsTest() override {
    loads_->Stop();
    pool_.reset();
  }

  void Restart() {
    pool_ = std::make_unique<ModelPool>(ModelPool::Options{limits_}, store_, loader_);
    loads_ = std::make_unique<StartLoads>(*pool_, clock_, limits_);
  }
  void AwaitEnd() const {
    while (!loads_->is_over()) std::this_thread::yield();
  }
  bool IsReady(const std::string& model, int64_t version) const {
    return pool_->IsReady(model, version);
  }

  FakeModelStore store_{{TwoClassVersion(1, "damaged"), TwoClassVersion(1, "one"),
                         TwoClassVersion(2, "one"), TwoClassVersion(1), TwoClassVersion(2)}};
  FakeExecution execution_;
  FakeExecutorLoader loader_{execution_};
  FakeClock clock_;
  Limits limits_;
  std::unique_ptr<ModelPool> pool_;
  std::unique_ptr<StartLoads> loads_;
};

TEST_F(StartLoadsTest, InUseIsWhatTheAliasProductionNames) {
  EXPECT_THAT(FindVersionsInUse(store_, {}, limits_), IsEmpty());
  ASSERT_OK(store_.SetAlias("two", "production", 1, kNow));
  ASSERT_OK(store_.SetAlias("one", "best", 1, kNow));
  EXPECT_THAT(FindVersionsInUse(store_, {}, limits_), ElementsAre(Pair("two", 1)));
}

TEST_F(StartLoadsTest, InUseIsWhereThePinnedModelsRequestsGoFirstOfAll) {
  ASSERT_OK(store_.SetAlias("one", "production", 1, kNow));
  EXPECT_THAT(FindVersionsInUse(store_, {"two", "unknown"}, limits_),
              ElementsAre(Pair("two", 2), Pair("one", 1)));
}

TEST_F(StartLoadsTest, InUseIsACanaryWithAShare) {
  ASSERT_OK(store_.SetAlias("one", "production", 1, kNow));
  ASSERT_OK(store_.SetAlias("one", "canary", 2, kNow));
  EXPECT_THAT(FindVersionsInUse(store_, {}, limits_), ElementsAre(Pair("one", 1)));
  ASSERT_OK(store_.SetCanaryPercent("one", 5));
  EXPECT_THAT(FindVersionsInUse(store_, {}, limits_), ElementsAre(Pair("one", 1), Pair("one", 2)));
}

TEST_F(StartLoadsTest, NoMoreThanMayBeLoadedAreInUse) {
  limits_.loaded_models_max = 2;
  EXPECT_THAT(FindVersionsInUse(store_, {"damaged", "one", "two"}, limits_),
              ElementsAre(Pair("damaged", 1), Pair("one", 2)));
}

TEST_F(StartLoadsTest, EachIsLoaded) {
  EXPECT_TRUE(loads_->is_over());
  loads_->Start({{"one", 2}, {"two", 1}});
  AwaitEnd();
  EXPECT_TRUE(IsReady("one", 2));
  EXPECT_TRUE(IsReady("two", 1));
  EXPECT_EQ(execution_.loads, 2);
}

TEST_F(StartLoadsTest, OneThatFailsOrIsGoneDoesNotKeepTheOthers) {
  loads_->Start({{"damaged", 1}, {"unknown", 1}, {"two", 1}});
  AwaitEnd();
  EXPECT_EQ(pool_->StatusOf("damaged", 1).reason, "wrong SHA-256");
  EXPECT_TRUE(IsReady("two", 1));
}

TEST_F(StartLoadsTest, WhoAsksMeanwhileWaitsForOneLoadAtMost) {
  execution_.hold_load = true;
  loads_->Start({{"one", 1}, {"one", 2}, {"two", 1}});
  execution_.load_begun.WaitForNotification();
  EXPECT_FALSE(loads_->is_over());
  int loads_before = 0;
  absl::Notification answered;
  pool_->Get(TwoClassVersion(2), [&](const ModelPool::Loaded&) {
    loads_before = execution_.loads;
    answered.Notify();
  });
  execution_.load_release.Notify();
  answered.WaitForNotification();
  // The one that was under way, and its own.
  EXPECT_EQ(loads_before, 2);
  AwaitEnd();
  EXPECT_TRUE(IsReady("two", 1));
}

TEST_F(StartLoadsTest, WhatTheMemoryHasNoRoomForIsLeftOut) {
  limits_.loaded_models_bytes_max = 1500;
  Restart();
  execution_.memory_bytes = 1000;
  loads_->Start({{"one", 1}, {"one", 2}, {"two", 1}});
  AwaitEnd();
  EXPECT_EQ(execution_.loads, 2);
  EXPECT_FALSE(IsReady("two", 1));
}

TEST_F(StartLoadsTest, AStartThatTakesTooLongIsOver) {
  execution_.hold_load = true;
  loads_->Start({{"one", 1}});
  execution_.load_begun.WaitForNotification();
  clock_.Advance(limits_.start_loads_timeout - absl::Seconds(1));
  EXPECT_FALSE(loads_->is_over());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(loads_->is_over());
  execution_.load_release.Notify();
}

TEST_F(StartLoadsTest, NothingIsLoadedAfterAStop) {
  execution_.hold_load = true;
  loads_->Start({{"one", 1}, {"two", 1}});
  execution_.load_begun.WaitForNotification();
  loads_->Stop();
  execution_.load_release.Notify();
  AwaitEnd();
  EXPECT_EQ(execution_.loads, 1);
}

}  // namespace
}  // namespace traind
