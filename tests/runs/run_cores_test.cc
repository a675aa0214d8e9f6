// How runs at once share out the cores, and what a run keeps of that for life.

#include "gmock/gmock.h"
#include "tests/runs/run_service_fixture.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RunCoresTest : public RunServiceFixture {
 protected:
  void RestartWith(int slots, int cores) {
    cpu_slots_ = slots;
    cpu_cores_ = cores;
    Restart();
    EXPECT_OK(service_->Reconcile());
  }
  v1::Run StartWithThreads(int thread_count) {
    v1::StartTrainingRequest request = Request();
    request.mutable_execution()->set_thread_count(thread_count);
    return *service_->Start(request);
  }
  int ThreadsOf(const std::string& run_id) { return Get(run_id).execution().thread_count(); }
};

TEST_F(RunCoresTest, ARunAloneOnItsServerGetsAllCores) {
  RestartWith(/*slots=*/1, /*cores=*/4);
  EXPECT_EQ(Start().execution().thread_count(), 4);
}

TEST_F(RunCoresTest, EachSlotGetsItsShareWhetherTheOthersAreTakenOrNot) {
  RestartWith(2, 4);
  const v1::Run first = Start();
  const v1::Run second = Start();
  EXPECT_EQ(first.execution().thread_count(), 2);
  EXPECT_EQ(second.execution().thread_count(), 2);
  EXPECT_THAT(launcher_.launched, ElementsAre("tiny-1/1", "tiny-2/1"));
}

TEST_F(RunCoresTest, SmallRunsShareASlotOnlyWithAsManyThreadsAsItHasCores) {
  shared_attempts_max_ = 8;
  RestartWith(/*slots=*/2, /*cores=*/4);
  for (int i = 0; i < 5; ++i) Start();
  EXPECT_THAT(launcher_.shared, ElementsAre("tiny-1/1", "tiny-2/1", "tiny-3/1", "tiny-4/1"));
  // Both slots are full until one of their four has left.
  service_->OnWorkerExited({"tiny-1", 1}, "left its shared process");
  EXPECT_THAT(launcher_.shared, ::testing::Contains("tiny-5/1"));
}

TEST_F(RunCoresTest, SmallRunsInOneSlotLeaveTheOtherToALargerRun) {
  shared_attempts_max_ = 8;
  RestartWith(2, 4);
  Start();
  Start();
  EXPECT_EQ(StartWithThreads(2).state(), v1::RUN_STATE_STARTING);
}

TEST_F(RunCoresTest, ARunThatNamesItsThreadsGetsThem) {
  RestartWith(2, 4);
  EXPECT_EQ(StartWithThreads(3).execution().thread_count(), 3);
}

TEST_F(RunCoresTest, ThreadsPastTheFreeCoresWaitAndSayWhy) {
  RestartWith(2, 4);
  StartWithThreads(3);
  const v1::Run second = StartWithThreads(2);
  EXPECT_EQ(second.state(), v1::RUN_STATE_QUEUED);
  EXPECT_THAT(second.state_reason(),
              HasSubstr("waiting for 2 of 4 cores of cpu for its 2 threads, 1 free (position 1)"));
}

TEST_F(RunCoresTest, TheCoresOfARunAreFreeOnceItsProcessIsGone) {
  RestartWith(2, 4);
  StartWithThreads(3);
  const v1::Run second = StartWithThreads(2);
  const AttemptKey first{"tiny-1", 1};
  ASSERT_OK(service_->OnWorkerHello(first, 4711));
  ASSERT_OK(service_->OnWorkerEvents(first, {CheckpointWritten(1, true)}));
  ASSERT_OK(service_->OnWorkerFinished(first, Finished(worker::v1::OUTCOME_SUCCEEDED)));
  EXPECT_EQ(Get(second.id()).state(), v1::RUN_STATE_QUEUED);
  service_->OnWorkerExited(first, "exited with code 0");
  EXPECT_EQ(Get(second.id()).state(), v1::RUN_STATE_STARTING);
}

TEST_F(RunCoresTest, MoreThreadsThanCoresRunAlone) {
  RestartWith(2, 2);
  const v1::Run small = StartWithThreads(1);
  const v1::Run big = StartWithThreads(8);
  const v1::Run behind = StartWithThreads(1);
  EXPECT_THAT(big.state_reason(), HasSubstr("waiting for all 2 cores of cpu for its 8 threads"));
  EXPECT_EQ(behind.state(), v1::RUN_STATE_QUEUED);
  ASSERT_OK(service_->OnWorkerHello({small.id(), 1}, 4711));
  service_->OnWorkerExited({small.id(), 1}, "exited with code 0");
  EXPECT_EQ(Get(big.id()).state(), v1::RUN_STATE_STARTING);
  EXPECT_EQ(ThreadsOf(big.id()), 8);
  EXPECT_EQ(Get(behind.id()).state(), v1::RUN_STATE_QUEUED);
  EXPECT_THAT(Get(behind.id()).state_reason(),
              HasSubstr("waiting for 1 of 2 cores of cpu for its 1 thread, 0 free (position 1)"));
}

TEST_F(RunCoresTest, ARunKeepsItsThreadsOnAServerThatSharesOutOtherwise) {
  RestartWith(1, 4);
  const v1::Run old = Start();
  RestartWith(2, 4);
  EXPECT_EQ(Get(old.id()).state(), v1::RUN_STATE_STARTING);
  EXPECT_EQ(ThreadsOf(old.id()), 4);
  const v1::Run young = Start();
  EXPECT_EQ(young.execution().thread_count(), 2);
  EXPECT_THAT(young.state_reason(), HasSubstr("waiting for 2 of 4 cores of cpu"));
}

TEST_F(RunCoresTest, ARunOnAGpuTakesNoneOfTheSlotsAndCores) {
  devices_ = {"cpu", "cuda:0"};
  RestartWith(1, 4);
  v1::StartTrainingRequest request = Request();
  request.mutable_execution()->set_device("cuda:0");
  EXPECT_EQ(service_->Start(request)->state(), v1::RUN_STATE_STARTING);
  EXPECT_EQ(StartWithThreads(4).state(), v1::RUN_STATE_STARTING);
}

}  // namespace
}  // namespace traind
