#include "server/runs/scheduler.h"

#include "gmock/gmock.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SchedulerTest, TheFirstToArriveStartsFirst) {
  EXPECT_THAT(RunsToStart({{{"a-1", "cpu", 0}, {"a-2", "cpu", 0}}, {{"cpu", 1}}}),
              ElementsAre("a-1"));
}

TEST(SchedulerTest, ALargerPriorityOvertakes) {
  EXPECT_THAT(RunsToStart({{{"a-1", "cpu", 0}, {"a-2", "cpu", 5}}, {{"cpu", 1}}}),
              ElementsAre("a-2"));
}

TEST(SchedulerTest, NothingStartsWithoutAFreeSlot) {
  EXPECT_THAT(RunsToStart({{{"a-1", "cpu", 9}}, {{"cpu", 0}}}), IsEmpty());
}

TEST(SchedulerTest, AFullDeviceDoesNotHoldUpTheOthers) {
  EXPECT_THAT(RunsToStart({{{"a-1", "cuda:0", 0}, {"a-2", "cpu", 0}}, {{"cpu", 1}, {"cuda:0", 0}}}),
              ElementsAre("a-2"));
}

TEST(SchedulerTest, EachSlotIsGivenOnce) {
  EXPECT_THAT(
      RunsToStart({{{"a-1", "cpu", 0}, {"a-2", "cpu", 0}, {"a-3", "cpu", 0}}, {{"cpu", 2}}}),
      ElementsAre("a-1", "a-2"));
}

TEST(SchedulerTest, ARunForAnUnknownDeviceWaits) {
  EXPECT_THAT(RunsToStart({{{"a-1", "cuda:7", 0}}, {{"cpu", 1}}}), IsEmpty());
}

TEST(SchedulerTest, TheSameSnapshotGivesTheSameAnswer) {
  const SchedulerSnapshot snapshot{{{"a-1", "cpu", 1}, {"a-2", "cpu", 1}, {"a-3", "cpu", 2}},
                                   {{"cpu", 2}}};
  EXPECT_EQ(RunsToStart(snapshot), RunsToStart(snapshot));
  EXPECT_THAT(RunsToStart(snapshot), ElementsAre("a-3", "a-1"));
}

}  // namespace
}  // namespace traind
