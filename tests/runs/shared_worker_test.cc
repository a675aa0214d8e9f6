// Runs that share a worker process.

#include "gmock/gmock.h"
#include "server/runs/small_run.h"
#include "tests/runs/run_service_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SharedWorkerTest : public RunServiceFixture {
 protected:
  SharedWorkerTest() {
    shared_attempts_max_ = 3;
    Restart();
  }

  v1::Run StartWith(const std::function<void(v1::StartTrainingRequest&)>& change) {
    v1::StartTrainingRequest request = Request();
    change(request);
    const absl::StatusOr<v1::Run> run = service_->Start(request);
    EXPECT_OK(run);
    return run.value_or(v1::Run());
  }
};

TEST_F(SharedWorkerTest, SmallRunsStartTogetherEachWithOneThread) {
  for (int i = 0; i < 4; ++i) Start();
  EXPECT_THAT(launcher_.shared, ElementsAre("tiny-1/1", "tiny-2/1", "tiny-3/1"));
  EXPECT_TRUE(Get("tiny-1").shares_worker());
  EXPECT_EQ(Get("tiny-1").execution().thread_count(), 1);
  EXPECT_EQ(Get("tiny-4").state(), v1::RUN_STATE_QUEUED);
}

TEST_F(SharedWorkerTest, ASmallRunThatLeavesItsPrecisionOpenSharesInFp32) {
  choose_precision_ = [](const v1::Recipe&, const v1::Execution&) { return v1::PRECISION_BF16; };
  Restart();
  EXPECT_TRUE(Start().shares_worker());
  EXPECT_EQ(Get("tiny-1").execution().precision(), v1::PRECISION_FP32);
}

TEST_F(SharedWorkerTest, ARunThatAsksForBf16HasAWorkerOfItsOwn) {
  const v1::Run run = StartWith([](v1::StartTrainingRequest& request) {
    request.mutable_execution()->set_precision(v1::PRECISION_BF16);
  });
  EXPECT_FALSE(run.shares_worker());
  EXPECT_EQ(run.execution().precision(), v1::PRECISION_BF16);
}

TEST_F(SharedWorkerTest, WhenOneLeavesTheNextOneJoins) {
  for (int i = 0; i < 4; ++i) Start();
  service_->OnWorkerExited({"tiny-2", 1}, "left its shared process");
  EXPECT_THAT(launcher_.launched, testing::Contains("tiny-4/1"));
}

TEST_F(SharedWorkerTest, ARunThatAsksForThreadsHasAWorkerOfItsOwn) {
  const v1::Run run = StartWith(
      [](v1::StartTrainingRequest& request) { request.mutable_execution()->set_thread_count(2); });
  EXPECT_FALSE(run.shares_worker());
  EXPECT_THAT(launcher_.launched, ElementsAre("tiny-1/1"));
  EXPECT_THAT(launcher_.shared, IsEmpty());
}

TEST_F(SharedWorkerTest, ALargeRunHasAWorkerOfItsOwnAndAllThreads) {
  limits_.shared_epoch_work_max = 100;
  Restart();
  EXPECT_FALSE(Start().shares_worker());
  EXPECT_EQ(Get("tiny-1").execution().thread_count(), 3);
}

TEST_F(SharedWorkerTest, ARunThatLostItsWorkerTrainsAloneFromThenOn) {
  StartWith(
      [](v1::StartTrainingRequest& request) { request.mutable_execution()->set_max_retries(3); });
  Start();
  ASSERT_OK(service_->OnWorkerHello({"tiny-1", 1}, 4711));
  service_->OnWorkerExited({"tiny-2", 1}, "went with its shared process");
  service_->OnWorkerExited({"tiny-1", 1}, "went with its shared process");
  EXPECT_THAT(launcher_.launched, ElementsAre("tiny-1/1", "tiny-2/1", "tiny-1/2"));
  EXPECT_THAT(launcher_.shared, ElementsAre("tiny-1/1", "tiny-2/1"));
  EXPECT_TRUE(Get("tiny-1").shares_worker());
}

TEST_F(SharedWorkerTest, ASlotIsFreeOnceTheLastSharerHasLeft) {
  Start();
  Start();
  const v1::Run large = StartWith(
      [](v1::StartTrainingRequest& request) { request.mutable_execution()->set_thread_count(2); });
  service_->OnWorkerExited({"tiny-1", 1}, "left its shared process");
  EXPECT_EQ(Get(large.id()).state(), v1::RUN_STATE_QUEUED);
  service_->OnWorkerExited({"tiny-2", 1}, "left its shared process");
  EXPECT_EQ(Get(large.id()).state(), v1::RUN_STATE_STARTING);
}

// The fixture's recipe has 8 x 8 x 10 = 640 multiply-accumulates a row, and 30 rows.
TEST_F(SharedWorkerTest, TheBoundIsTheWorkOfAnEpoch) {
  const v1::Run run = Start();
  v1::Execution execution;
  execution.set_device("cpu");
  Limits limits;
  limits.shared_epoch_work_max = 640 * 30 + 10 * 30;
  EXPECT_TRUE(FitsSharedWorker(run.recipe(), execution, 30, limits));
  limits.shared_epoch_work_max = 640 * 30 - 1;
  EXPECT_FALSE(FitsSharedWorker(run.recipe(), execution, 30, limits));
}

TEST_F(SharedWorkerTest, AGpuOrAnotherPrecisionIsNotShared) {
  const v1::Run run = Start();
  v1::Execution execution;
  execution.set_device("cuda:0");
  EXPECT_FALSE(FitsSharedWorker(run.recipe(), execution, 30, Limits()));
  execution.set_device("cpu");
  execution.set_precision(v1::PRECISION_BF16);
  EXPECT_FALSE(FitsSharedWorker(run.recipe(), execution, 30, Limits()));
}

}  // namespace
}  // namespace traind
