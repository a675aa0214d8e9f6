#include "server/runs/event_thinner.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "gmock/gmock.h"

namespace traind {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

constexpr int kMilestonesMax = 50;

v1::Event StepEvent(int64_t sequence, float loss) {
  v1::Event event;
  event.set_sequence(sequence);
  event.mutable_train_step()->set_loss(loss);
  return event;
}

v1::Event EpochEvent(int64_t sequence, double eval_loss) {
  v1::Event event;
  event.set_sequence(sequence);
  event.mutable_epoch_finished()->set_eval_loss(eval_loss);
  return event;
}

v1::Event MessageEvent(int64_t sequence) {
  v1::Event event;
  event.set_sequence(sequence);
  event.mutable_message()->set_text("a line");
  return event;
}

v1::Event StateEvent(int64_t sequence) {
  v1::Event event;
  event.set_sequence(sequence);
  event.mutable_state_changed()->set_to(v1::RUN_STATE_RUNNING);
  return event;
}

void Add(v1::Event event, EventThinner& thinner) {
  thinner.Add(std::make_shared<const LoggedEvent>(std::move(event)));
}

std::vector<int64_t> Sequences(EventThinner& thinner) {
  std::vector<int64_t> sequences;
  for (const LoggedEventPointer& event : thinner.Take()) sequences.push_back(event->sequence());
  return sequences;
}

TEST(EventThinnerTest, NothingStaysNothing) {
  EventThinner thinner(10, kMilestonesMax);
  EXPECT_THAT(Sequences(thinner), IsEmpty());
}

TEST(EventThinnerTest, FewerEventsThanPointsAreUnchanged) {
  for (const int points : {10, 11, 25, 100}) {
    for (int count = 1; count < points; ++count) {
      EventThinner thinner(points, kMilestonesMax);
      std::vector<int64_t> expected;
      for (int i = 1; i <= count; ++i) {
        Add(StepEvent(2 * i - 1, 1.0f), thinner);
        Add(MessageEvent(2 * i), thinner);
        expected.insert(expected.end(), {2 * i - 1, 2 * i});
      }
      EXPECT_EQ(Sequences(thinner), expected) << points << " points";
    }
  }
}

TEST(EventThinnerTest, ASpikeAmongAMillionStepsSurvives) {
  EventThinner thinner(100, kMilestonesMax);
  for (int i = 1; i <= 1'000'000; ++i) {
    float loss = 1.0f + static_cast<float>(i % 7) / 100;
    if (i == 654'321) loss = 9.0f;
    if (i == 123'456) loss = 0.001f;
    Add(StepEvent(i, loss), thinner);
  }
  const std::vector<int64_t> sequences = Sequences(thinner);
  EXPECT_THAT(sequences, IsSupersetOf({1, 123'456, 654'321, 1'000'000}));
  EXPECT_LE(sequences.size(), 100);
  EXPECT_GE(sequences.size(), 50);
  EXPECT_TRUE(std::is_sorted(sequences.begin(), sequences.end()));
}

TEST(EventThinnerTest, ALossThatIsNoNumberIsAnExtreme) {
  EventThinner thinner(10, kMilestonesMax);
  for (int i = 1; i <= 1000; ++i) Add(StepEvent(i, i == 500 ? NAN : 1.0f), thinner);
  EXPECT_THAT(Sequences(thinner), Contains(500));
}

TEST(EventThinnerTest, OfEpochsTheExtremesOfTheEvaluationLossStay) {
  EventThinner thinner(10, kMilestonesMax);
  for (int i = 1; i <= 1000; ++i) Add(EpochEvent(i, i == 700 ? 0.01 : i == 333 ? 5 : 1), thinner);
  EXPECT_THAT(Sequences(thinner), IsSupersetOf({1, 333, 700, 1000}));
}

TEST(EventThinnerTest, OfAKindWithoutAValueEvenlySpreadOnesStay) {
  EventThinner thinner(10, kMilestonesMax);
  for (int i = 1; i <= 65; ++i) Add(MessageEvent(i), thinner);
  // The first, 63 in stretches of eight, the newest.
  EXPECT_THAT(Sequences(thinner), ElementsAre(1, 2, 10, 18, 26, 34, 42, 50, 58, 65));
}

TEST(EventThinnerTest, EachKindHasPointsOfItsOwn) {
  EventThinner thinner(10, kMilestonesMax);
  for (int i = 1; i <= 10'000; ++i) Add(StepEvent(i, 1.0f), thinner);
  Add(MessageEvent(10'001), thinner);
  EXPECT_THAT(Sequences(thinner), Contains(10'001));
}

TEST(EventThinnerTest, ChangesOfStateAllPassUpToTheirOwnBound) {
  EventThinner thinner(10, kMilestonesMax);
  std::vector<int64_t> expected;
  for (int i = 1; i <= kMilestonesMax; ++i) {
    Add(StateEvent(i), thinner);
    expected.push_back(i);
  }
  EXPECT_EQ(Sequences(thinner), expected);
  for (int i = 1; i <= 10 * kMilestonesMax; ++i) Add(StateEvent(i), thinner);
  const std::vector<int64_t> bounded = Sequences(thinner);
  EXPECT_LE(bounded.size(), kMilestonesMax);
  EXPECT_THAT(bounded, IsSupersetOf({1, 10 * kMilestonesMax}));
}

TEST(EventThinnerTest, TheNumberOfPointsIsBoundedAtEveryLength) {
  for (int count = 1; count <= 400; ++count) {
    EventThinner thinner(13, kMilestonesMax);
    for (int i = 1; i <= count; ++i) Add(StepEvent(i, static_cast<float>(i * 37 % 101)), thinner);
    const std::vector<int64_t> sequences = Sequences(thinner);
    EXPECT_LE(sequences.size(), 13);
    EXPECT_EQ(sequences.front(), 1);
    EXPECT_EQ(sequences.back(), count);
  }
}

}  // namespace
}  // namespace traind
