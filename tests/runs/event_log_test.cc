#include "server/runs/event_log.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "tests/support/fake_run_store.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<int64_t> Sequences(const EventLog::Batch& batch) {
  std::vector<int64_t> sequences;
  for (const LoggedEventPointer& event : batch.events) sequences.push_back(event->sequence());
  return sequences;
}

class EventLogTest : public ::testing::Test {
 protected:
  EventLogTest() {
    v1::Run run;
    run.mutable_recipe()->set_name("s4");
    run_ = *store_.Create(run, "", {});
    limits_.ring_events_max = 4;
    limits_.stream_events_max = 3;
    limits_.subscribers_max = 2;
    log_ = std::make_unique<EventLog>(store_, limits_);
  }

  // Stores and publishes `count` more events.
  void Append(int count, bool terminal = false) {
    std::vector<v1::Event> events;
    for (int i = 0; i < count; ++i) {
      run_.set_last_sequence(run_.last_sequence() + 1);
      v1::Event& event = events.emplace_back();
      event.set_run_id(run_.id());
      event.set_sequence(run_.last_sequence());
    }
    if (terminal) run_.set_state(v1::RUN_STATE_SUCCEEDED);
    ASSERT_OK(store_.UpdateWithEvents(run_, events));
    log_->Publish(run_.id(), events, terminal);
  }

  // Forgets the events before `sequence`, as the store does in a very long run.
  void Trim(int64_t sequence) {
    run_.set_first_sequence(sequence);
    ASSERT_OK(store_.Update(run_));
  }

  FakeRunStore store_;
  Limits limits_;
  std::unique_ptr<EventLog> log_;
  v1::Run run_;
};

TEST_F(EventLogTest, AReaderGetsWhatFollowsItsCursorInOrder) {
  Append(3);
  EXPECT_THAT(Sequences(*log_->Read(run_.id(), 1, 0)), ElementsAre(2, 3));
}

TEST_F(EventLogTest, OneReadIsBoundedAndTheNextGoesOn) {
  Append(4);
  EXPECT_THAT(Sequences(*log_->Read(run_.id(), 0, 0)), ElementsAre(1, 2, 3));
  EXPECT_THAT(Sequences(*log_->Read(run_.id(), 3, 0)), ElementsAre(4));
}

TEST_F(EventLogTest, AReaderThatFellBehindTheRingReadsFromTheStore) {
  Append(10);
  EXPECT_THAT(Sequences(*log_->Read(run_.id(), 2, 0)), ElementsAre(3, 4, 5));
}

TEST_F(EventLogTest, AReaderThatIsUpToDateGetsNothingAndNoEnd) {
  Append(2);
  const absl::StatusOr<EventLog::Batch> batch = log_->Read(run_.id(), 2, 0);
  EXPECT_THAT(batch->events, IsEmpty());
  EXPECT_FALSE(batch->end);
}

TEST_F(EventLogTest, TheEndComesWithTheLastEventAndNotBefore) {
  Append(4, /*terminal=*/true);
  EXPECT_FALSE(log_->Read(run_.id(), 0, 0)->end);
  EXPECT_TRUE(log_->Read(run_.id(), 3, 0)->end);
  EXPECT_TRUE(log_->Read(run_.id(), 4, 0)->end);
}

TEST_F(EventLogTest, ReaderPastTheNewestEventGetsOutOfRange) {
  Append(2);
  EXPECT_THAT(log_->Read(run_.id(), 3, 0),
              StatusIs(absl::StatusCode::kOutOfRange, "at most 2, the newest event"));
}

TEST_F(EventLogTest, FromTheStartIsFromTheOldestEventThatIsKept) {
  Append(20);
  Trim(9);
  EXPECT_THAT(Sequences(*log_->Read(run_.id(), 0, 0)), ElementsAre(9, 10, 11));
}

TEST_F(EventLogTest, ReaderPastRetentionGetsOutOfRangeAndTheWayOut) {
  Append(20);
  Trim(9);
  EXPECT_THAT(log_->Read(run_.id(), 7, 0),
              StatusIs(absl::StatusCode::kOutOfRange, "that is kept is 9, got 7; start with 0"));
}

TEST_F(EventLogTest, ReaderJustBeforeTheOldestKeptEventMissesNothing) {
  Append(20);
  Trim(9);
  EXPECT_THAT(Sequences(*log_->Read(run_.id(), 8, 0)), ElementsAre(9, 10, 11));
}

TEST_F(EventLogTest, NewestSequenceIsTheLastEventsInRingAndStoreAlike) {
  Append(3);
  EXPECT_EQ(*log_->NewestSequence(run_.id()), 3);
  EXPECT_EQ(*EventLog(store_, limits_).NewestSequence(run_.id()), 3);
  EXPECT_THAT(log_->NewestSequence("s4-99"), StatusIs(absl::StatusCode::kNotFound, "s4-99"));
}

TEST_F(EventLogTest, ReadersOfTheRingShareOneEvent) {
  Append(1);
  EXPECT_EQ(log_->Read(run_.id(), 0, 0)->events[0], log_->Read(run_.id(), 0, 0)->events[0]);
}

TEST_F(EventLogTest, AnUnknownRunIsNotFound) {
  EXPECT_THAT(log_->Read("s4-99", 0, 0), StatusIs(absl::StatusCode::kNotFound, "s4-99"));
}

TEST_F(EventLogTest, SubscribersAreWokenForEventsAndOnlyThoseWhoWantItForProgress) {
  int plain = 0;
  int with_progress = 0;
  auto first = *log_->Subscribe(run_.id(), false, [&] { ++plain; });
  auto second = *log_->Subscribe(run_.id(), true, [&] { ++with_progress; });
  Append(1);
  log_->PublishProgress(run_.id(), v1::Progress());
  EXPECT_EQ(plain, 1);
  EXPECT_EQ(with_progress, 2);
}

TEST_F(EventLogTest, AnEndedSubscriptionIsNotWoken) {
  int wakes = 0;
  {
    auto subscription = *log_->Subscribe(run_.id(), false, [&] { ++wakes; });
  }
  Append(1);
  EXPECT_EQ(wakes, 0);
  EXPECT_EQ(log_->subscriber_count(), 0);
}

TEST_F(EventLogTest, OneSubscriberTooManyIsRefusedByTheNameOfTheLimit) {
  auto first = *log_->Subscribe(run_.id(), false, [] {});
  auto second = *log_->Subscribe(run_.id(), false, [] {});
  EXPECT_THAT(log_->Subscribe(run_.id(), false, [] {}),
              StatusIs(absl::StatusCode::kResourceExhausted, "subscribers_max"));
}

TEST_F(EventLogTest, OnlyTheNewestProgressIsReadAndOnlyOnce) {
  Append(1);
  v1::Progress progress;
  for (int step = 1; step <= 3; ++step) {
    progress.set_step_in_epoch(step);
    log_->PublishProgress(run_.id(), progress);
  }
  const absl::StatusOr<EventLog::Batch> batch = log_->Read(run_.id(), 1, 0);
  ASSERT_TRUE(batch->progress.has_value());
  EXPECT_EQ(batch->progress->step_in_epoch(), 3);
  EXPECT_FALSE(log_->Read(run_.id(), 1, batch->progress_number)->progress.has_value());
}

}  // namespace
}  // namespace traind
