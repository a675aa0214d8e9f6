#include "server/serving/version_router.h"

#include <map>

#include "gmock/gmock.h"
#include "tests/serving/serving_fakes.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

const absl::Time kNow = absl::UnixEpoch();

class VersionRouterTest : public testing::Test {
 protected:
  void Load(int64_t version) {
    absl::Notification done;
    pool_.Get(TwoClassVersion(version), [&](const ModelPool::Loaded& loaded) {
      EXPECT_OK(loaded);
      done.Notify();
    });
    done.WaitForNotification();
  }
  int64_t Route() {
    const absl::StatusOr<int64_t> version = router_.Route("two");
    EXPECT_OK(version);
    return version.ok() ? *version : 0;
  }
  // How many of `count` requests go to each version.
  std::map<int64_t, int> Count(int count) {
    std::map<int64_t, int> counts;
    for (int i = 0; i < count; ++i) ++counts[Route()];
    return counts;
  }

  FakeModelStore store_{{TwoClassVersion(1), TwoClassVersion(2), TwoClassVersion(3)}};
  FakeExecution execution_;
  FakeExecutorLoader loader_{execution_};
  ModelPool pool_{{}, store_, loader_};
  VersionRouter router_{store_, pool_, Limits()};
};

TEST_F(VersionRouterTest, WithoutAliasesTheNewestVersionAnswers) { EXPECT_EQ(Route(), 3); }

TEST_F(VersionRouterTest, TheVersionInProductionAnswers) {
  ASSERT_OK(store_.SetAlias("two", "production", 1, kNow));
  EXPECT_EQ(Route(), 1);
}

TEST_F(VersionRouterTest, AnUnknownModelIsNotFound) {
  EXPECT_EQ(router_.Route("nope").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(VersionRouterTest, TheCanaryGetsExactlyItsShareOfEachHundred) {
  ASSERT_OK(store_.SetAlias("two", "canary", 1, kNow));
  Load(1);
  for (const int percent : {0, 1, 7, 50, 99, 100}) {
    ASSERT_OK(store_.SetCanaryPercent("two", percent));
    std::map<int64_t, int> counts = Count(100);
    EXPECT_EQ(counts[1], percent);
    EXPECT_EQ(counts[3], 100 - percent);
  }
}

TEST_F(VersionRouterTest, ACanarysShareIsSpreadEvenly) {
  ASSERT_OK(store_.SetAlias("two", "canary", 1, kNow));
  Load(1);
  ASSERT_OK(store_.SetCanaryPercent("two", 10));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Count(10)[1], 1);
}

TEST_F(VersionRouterTest, ACanaryThatIsNotReadyGetsNothingYet) {
  ASSERT_OK(store_.SetAlias("two", "canary", 1, kNow));
  ASSERT_OK(store_.SetCanaryPercent("two", 100));
  execution_.hold_load = true;
  EXPECT_EQ(Route(), 3);
  execution_.load_begun.WaitForNotification();
  EXPECT_EQ(Route(), 3);
  execution_.load_release.Notify();
  Load(1);
  EXPECT_EQ(Route(), 1);
}

TEST_F(VersionRouterTest, TheVersionBeforeAnswersUntilTheNewOneIsReady) {
  ASSERT_OK(store_.SetAlias("two", "production", 1, kNow));
  Load(1);
  ASSERT_EQ(Route(), 1);
  execution_.hold_load = true;
  ASSERT_OK(store_.SetAlias("two", "production", 2, kNow));
  EXPECT_EQ(Route(), 1);
  execution_.load_begun.WaitForNotification();
  EXPECT_EQ(Route(), 1);
  execution_.load_release.Notify();
  Load(2);
  EXPECT_EQ(Route(), 2);
}

TEST_F(VersionRouterTest, WhoOnlyLooksTakesNothingOfACanarysShare) {
  ASSERT_OK(store_.SetAlias("two", "canary", 3, kNow));
  ASSERT_OK(store_.SetAlias("two", "production", 2, kNow));
  ASSERT_OK(store_.SetCanaryPercent("two", 50));
  Load(2);
  Load(3);
  // One look for each request: were they counted, no request, or each, would be a canary's.
  std::map<int64_t, int> counts;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(*router_.LookUp("two"), 2);
    ++counts[Route()];
  }
  EXPECT_EQ(counts[3], 50);
}

TEST_F(VersionRouterTest, WhoOnlyLooksSeesTheVersionThatAnswersAndLoadsNothing) {
  ASSERT_OK(store_.SetAlias("two", "production", 1, kNow));
  EXPECT_EQ(*router_.LookUp("two"), 1);
  EXPECT_EQ(execution_.loads, 0);
  Load(1);
  ASSERT_EQ(Route(), 1);
  ASSERT_OK(store_.SetAlias("two", "production", 2, kNow));
  EXPECT_EQ(*router_.LookUp("two"), 1);
  EXPECT_EQ(execution_.loads, 1);
  Load(2);
  EXPECT_EQ(*router_.LookUp("two"), 2);
}

TEST_F(VersionRouterTest, AVersionThatWasUnloadedTakesOverAgainOnceItIsLoaded) {
  ASSERT_OK(store_.SetAlias("two", "production", 1, kNow));
  Load(1);
  pool_.Unload("two", 1);
  Load(2);
  ASSERT_OK(store_.SetAlias("two", "production", 2, kNow));
  ASSERT_EQ(Route(), 2);
  ASSERT_OK(store_.RollbackAlias("two", "production", kNow));
  Route();
  Load(1);
  EXPECT_EQ(Route(), 1);
}

TEST_F(VersionRouterTest, AVersionThatCannotBeLoadedDoesNotTakeOver) {
  ASSERT_OK(store_.SetAlias("two", "production", 1, kNow));
  Load(1);
  ASSERT_EQ(Route(), 1);
  execution_.load_status = absl::DataLossError("wrong SHA-256");
  absl::Notification failed;
  pool_.Get(TwoClassVersion(2), [&](const ModelPool::Loaded&) { failed.Notify(); });
  failed.WaitForNotification();
  ASSERT_OK(store_.SetAlias("two", "production", 2, kNow));
  EXPECT_EQ(Count(10)[1], 10);
  EXPECT_EQ(execution_.loads, 2);
}

TEST_F(VersionRouterTest, ADeletedVersionDoesNotAnswerForTheNewOne) {
  Load(3);
  ASSERT_EQ(Route(), 3);
  ASSERT_OK(store_.DeleteVersion("two", 3, false));
  EXPECT_EQ(Route(), 2);
}

}  // namespace
}  // namespace traind
