#include "server/runs/scheduler.h"

#include <utility>

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

// A queued run that shares a worker.
QueuedRun Small(const char* run_id) { return {run_id, "cpu", 0, true}; }
QueuedRun Large(const char* run_id) { return {run_id, "cpu", 0, false}; }

SchedulerSnapshot Sharing(std::vector<QueuedRun> queue, int free_slots, int free_shares) {
  SchedulerSnapshot snapshot;
  snapshot.queue = std::move(queue);
  snapshot.free_slots["cpu"] = free_slots;
  if (free_shares > 0) snapshot.free_shares["cpu"] = free_shares;
  snapshot.slot_shares = 3;
  return snapshot;
}

TEST(SchedulerTest, SmallRunsShareASlotUpToItsPlaces) {
  EXPECT_THAT(RunsToStart(Sharing({Small("a-1"), Small("a-2"), Small("a-3"), Small("a-4")}, 1, 0)),
              ElementsAre("a-1", "a-2", "a-3"));
}

TEST(SchedulerTest, ASmallRunJoinsASlotThatIsShared) {
  EXPECT_THAT(RunsToStart(Sharing({Small("a-5"), Small("a-6")}, 0, 1)), ElementsAre("a-5"));
}

TEST(SchedulerTest, ASmallRunDoesNotSlipPastALargeOneThatWaits) {
  EXPECT_THAT(RunsToStart(Sharing({Large("b-1"), Small("a-5")}, 0, 2)), IsEmpty());
  EXPECT_THAT(RunsToStart(Sharing({Small("a-5"), Large("b-1"), Small("a-6")}, 0, 2)),
              ElementsAre("a-5"));
}

TEST(SchedulerTest, ALargeRunTakesASlotForItself) {
  EXPECT_THAT(RunsToStart(Sharing({Large("b-1"), Small("a-1")}, 1, 0)), ElementsAre("b-1"));
}

TEST(SchedulerTest, TheSameSnapshotGivesTheSameAnswer) {
  const SchedulerSnapshot snapshot{{{"a-1", "cpu", 1}, {"a-2", "cpu", 1}, {"a-3", "cpu", 2}},
                                   {{"cpu", 2}}};
  EXPECT_EQ(RunsToStart(snapshot), RunsToStart(snapshot));
  EXPECT_THAT(RunsToStart(snapshot), ElementsAre("a-3", "a-1"));
}

}  // namespace
}  // namespace traind
