#include "server/serving/predict_queue.h"

#include "gmock/gmock.h"
#include "tests/serving/serving_fakes.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::Duration kNow = absl::Hours(1);

class PredictQueueTest : public testing::Test {
 protected:
  PredictQueueTest() {
    limits_.predict_batch_rows_max = 8;
    limits_.predict_queue_max = 4;
    limits_.predict_queue_bytes_max = 1000;
    queue_.emplace(limits_);
  }

  // A call that has `seconds` left; its number is told by its model's name.
  PendingPredict Pending(int number, int64_t rows, double seconds = 60,
                         std::shared_ptr<Executor> executor = nullptr) {
    PendingPredict pending;
    pending.call.model = absl::StrCat(number);
    pending.call.inputs.resize(1);
    pending.call.inputs[0].bytes = bytes_;
    pending.arrival = kNow;
    pending.call.deadline = kNow + absl::Seconds(seconds);
    pending.row_count = rows;
    pending.executor = std::move(executor);
    return pending;
  }
  absl::Status Add(PendingPredict pending) { return queue_->Add(pending, kNow, load_, dropped_); }
  static std::vector<std::string> Numbers(const std::vector<PendingPredict>& calls) {
    std::vector<std::string> numbers;
    for (const PendingPredict& pending : calls) numbers.push_back(pending.call.model);
    return numbers;
  }
  std::vector<std::string> Take() { return Numbers(queue_->Take(kNow, dropped_)); }

  const std::string bytes_ = std::string(100, 'x');
  Limits limits_;
  std::optional<PredictQueue> queue_;
  std::vector<PendingPredict> dropped_;
  FakeExecution execution_;
  ExecutorLoad load_;
};

TEST_F(PredictQueueTest, TheEarliestDeadlineGoesFirst) {
  ASSERT_OK(Add(Pending(1, 8, 30)));
  ASSERT_OK(Add(Pending(2, 8, 10)));
  ASSERT_OK(Add(Pending(3, 8, 20)));
  EXPECT_THAT(Take(), ElementsAre("2"));
  EXPECT_THAT(Take(), ElementsAre("3"));
  EXPECT_THAT(Take(), ElementsAre("1"));
  EXPECT_THAT(Take(), IsEmpty());
}

TEST_F(PredictQueueTest, CallsOfOneDeadlineGoInOrderOfArrival) {
  for (int number = 1; number <= 3; ++number) ASSERT_OK(Add(Pending(number, 1)));
  EXPECT_THAT(Take(), ElementsAre("1", "2", "3"));
}

TEST_F(PredictQueueTest, PriorityComesBeforeDeadlines) {
  const auto add = [this](int number, uint64_t priority, double seconds) {
    PendingPredict pending = Pending(number, 8, seconds);
    pending.call.priority = priority;
    ASSERT_OK(Add(std::move(pending)));
  };
  add(1, 0, 10);
  add(2, 101, 5);
  add(3, 2, 30);
  add(4, 1, 40);
  EXPECT_THAT(Take(), ElementsAre("4"));
  EXPECT_THAT(Take(), ElementsAre("3"));
  EXPECT_THAT(Take(), ElementsAre("1"));
  EXPECT_THAT(Take(), ElementsAre("2"));
}

TEST_F(PredictQueueTest, ABatchIsCountedInRows) {
  ASSERT_OK(Add(Pending(1, 5)));
  ASSERT_OK(Add(Pending(2, 4)));
  ASSERT_OK(Add(Pending(3, 3)));
  EXPECT_THAT(Take(), ElementsAre("1", "3"));
  EXPECT_THAT(Take(), ElementsAre("2"));
}

TEST_F(PredictQueueTest, ACallLargerThanABatchRunsAlone) {
  ASSERT_OK(Add(Pending(1, 100)));
  ASSERT_OK(Add(Pending(2, 1)));
  EXPECT_THAT(Take(), ElementsAre("1"));
  EXPECT_THAT(Take(), ElementsAre("2"));
}

TEST_F(PredictQueueTest, ABatchHasOneExecutor) {
  const auto one = std::make_shared<FakeExecutor>(execution_);
  const auto other = std::make_shared<FakeExecutor>(execution_);
  ASSERT_OK(Add(Pending(1, 1, 10, one)));
  ASSERT_OK(Add(Pending(2, 1, 20, other)));
  ASSERT_OK(Add(Pending(3, 1, 30, one)));
  EXPECT_THAT(Take(), ElementsAre("1", "3"));
  EXPECT_THAT(Take(), ElementsAre("2"));
}

TEST_F(PredictQueueTest, WhatIsExpiredOrCancelledIsDropped) {
  ASSERT_OK(Add(Pending(1, 1, 0)));
  PendingPredict cancelled = Pending(2, 1);
  cancelled.call.is_cancelled = [] { return true; };
  ASSERT_OK(Add(std::move(cancelled)));
  ASSERT_OK(Add(Pending(3, 1)));
  EXPECT_THAT(Take(), ElementsAre("3"));
  EXPECT_THAT(Numbers(dropped_), ElementsAre("1", "2"));
}

TEST_F(PredictQueueTest, DropLeavesWhatIsStillWaitedForAndCountsTheRestDown) {
  ASSERT_OK(Add(Pending(1, 1, 0)));
  PendingPredict cancelled = Pending(2, 1);
  cancelled.call.is_cancelled = [] { return true; };
  ASSERT_OK(Add(std::move(cancelled)));
  ASSERT_OK(Add(Pending(3, 1)));
  queue_->Drop(kNow, dropped_);
  EXPECT_THAT(Numbers(dropped_), ElementsAre("1", "2"));
  EXPECT_EQ(queue_->byte_count(), 100);
  EXPECT_THAT(Take(), ElementsAre("3"));
}

TEST_F(PredictQueueTest, WhatCannotBeAnsweredInTimeIsRefusedAtOnce) {
  const auto executor = std::make_shared<FakeExecutor>(execution_);
  executor->cost().Learn(1, absl::Seconds(1));
  load_.running_count = 1;
  load_.expected_left = absl::Seconds(1);
  ASSERT_OK(Add(Pending(1, 1, 4, executor)));
  ASSERT_OK(Add(Pending(2, 1, 4, executor)));
  // After the one that runs and the two that wait: 3 s, three tenths more since times
  // vary, and its own second.
  EXPECT_THAT(Add(Pending(3, 1, 4.8, executor)),
              StatusIs(absl::StatusCode::kResourceExhausted, "expected after 4.9s"));
  EXPECT_OK(Add(Pending(4, 1, 5, executor)));
}

TEST_F(PredictQueueTest, OnlyWhatGoesBeforeACallMakesItLate) {
  const auto executor = std::make_shared<FakeExecutor>(execution_);
  executor->cost().Learn(1, absl::Seconds(1));
  load_.running_count = 1;
  ASSERT_OK(Add(Pending(1, 1, 30, executor)));
  ASSERT_OK(Add(Pending(2, 1, 30, executor)));
  EXPECT_OK(Add(Pending(3, 1, 1.1, executor)));
}

TEST_F(PredictQueueTest, SeveralThreadsShortenTheWait) {
  const auto executor = std::make_shared<FakeExecutor>(execution_);
  executor->cost().Learn(1, absl::Seconds(1));
  load_ = {4, 4, absl::Seconds(4)};
  EXPECT_OK(Add(Pending(1, 1, 2.4, executor)));
  load_.thread_count = 2;
  EXPECT_FALSE(Add(Pending(2, 1, 2.4, executor)).ok());
}

TEST_F(PredictQueueTest, SlowBatchesMakeItRefuseSooner) {
  const auto executor = std::make_shared<FakeExecutor>(execution_);
  executor->cost().Learn(1, absl::Seconds(1));
  load_ = {1, 1, absl::Seconds(1)};
  ASSERT_OK(Add(Pending(1, 1, 3, executor)));
  const std::vector<PendingPredict> batch = queue_->Take(kNow, dropped_);
  // Expected to take a second, and waited for one.
  for (int i = 0; i < 200; ++i) queue_->Learn(batch, kNow + absl::Seconds(1), absl::Seconds(2));
  EXPECT_FALSE(Add(Pending(2, 1, 3, executor)).ok());
  EXPECT_OK(Add(Pending(3, 1, 3.7, executor)));
}

TEST_F(PredictQueueTest, ACallIsAnsweredWithItsWholeBatch) {
  const auto executor = std::make_shared<FakeExecutor>(execution_);
  for (int64_t rows : {1, 2, 4}) executor->cost().Learn(rows, absl::Seconds(rows));
  load_ = {4, 4, absl::ZeroDuration()};
  // Rows cost the same up to four. It goes first, and those that wait run with it.
  for (int number : {1, 2, 3}) ASSERT_OK(Add(Pending(number, 1, 60, executor)));
  EXPECT_FALSE(Add(Pending(4, 1, 3.9, executor)).ok());
  EXPECT_OK(Add(Pending(5, 1, 4.1, executor)));
}

TEST_F(PredictQueueTest, AnIdleThreadTakesACallThatIsExpectedToBeLate) {
  const auto executor = std::make_shared<FakeExecutor>(execution_);
  executor->cost().Learn(1, absl::Seconds(10));
  EXPECT_OK(Add(Pending(1, 1, 1, executor)));
}

TEST_F(PredictQueueTest, ABatchStopsWhereItsFirstCallWouldBeLate) {
  const auto executor = std::make_shared<FakeExecutor>(execution_);
  for (int64_t rows : {1, 2, 4, 8}) executor->cost().Learn(rows, absl::Seconds(rows));
  ASSERT_OK(Add(Pending(1, 1, 2.5, executor)));
  for (int number : {2, 3}) ASSERT_OK(Add(Pending(number, 1, 50, executor)));
  EXPECT_THAT(Take(), ElementsAre("1", "2"));
}

TEST_F(PredictQueueTest, ABatchTakesNoMoreRowsThanMakeARowCheap) {
  const auto executor = std::make_shared<FakeExecutor>(execution_);
  executor->cost().Learn(1, absl::Seconds(1));
  executor->cost().Learn(2, absl::Seconds(1.5));
  executor->cost().Learn(4, absl::Seconds(4));
  for (int number = 1; number <= 4; ++number) ASSERT_OK(Add(Pending(number, 1, 60, executor)));
  EXPECT_THAT(Take(), ElementsAre("1", "2"));
}

TEST_F(PredictQueueTest, IsBoundedByCalls) {
  for (int number = 1; number <= 4; ++number) ASSERT_OK(Add(Pending(number, 1)));
  EXPECT_THAT(Add(Pending(5, 1)),
              StatusIs(absl::StatusCode::kResourceExhausted, "predict_queue_max"));
  EXPECT_EQ(queue_->size(), 4);
}

TEST_F(PredictQueueTest, IsBoundedByBytesAndCountsThemDownAgain) {
  limits_.predict_queue_bytes_max = 250;
  queue_.emplace(limits_);
  ASSERT_OK(Add(Pending(1, 1)));
  ASSERT_OK(Add(Pending(2, 1)));
  EXPECT_THAT(Add(Pending(3, 1)),
              StatusIs(absl::StatusCode::kResourceExhausted, "predict_queue_bytes_max"));
  EXPECT_THAT(Take(), ElementsAre("1", "2"));
  EXPECT_EQ(queue_->byte_count(), 0);
  EXPECT_OK(Add(Pending(3, 1)));
}

TEST_F(PredictQueueTest, AFullQueueGivesUpCancelledCallsFirst) {
  PendingPredict cancelled = Pending(1, 1);
  cancelled.call.is_cancelled = [] { return true; };
  ASSERT_OK(Add(std::move(cancelled)));
  for (int number = 2; number <= 4; ++number) ASSERT_OK(Add(Pending(number, 1)));
  EXPECT_OK(Add(Pending(5, 1)));
  EXPECT_THAT(Numbers(dropped_), ElementsAre("1"));
}

TEST_F(PredictQueueTest, ARefusedCallIsLeftAsItIs) {
  for (int number = 1; number <= 4; ++number) ASSERT_OK(Add(Pending(number, 1)));
  PendingPredict refused = Pending(5, 3);
  ASSERT_FALSE(queue_->Add(refused, kNow, load_, dropped_).ok());
  EXPECT_EQ(refused.call.model, "5");
  EXPECT_EQ(refused.row_count, 3);
}

}  // namespace
}  // namespace traind
