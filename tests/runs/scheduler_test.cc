#include "server/runs/scheduler.h"

#include <utility>

#include "gmock/gmock.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A device on which no cores are shared out, as a GPU.
DeviceRoom Slots(int free) { return {.free_slots = free}; }

// A CPU of so many cores.
DeviceRoom Cores(int free_slots, int core_count, int free_cores) {
  return {free_slots, core_count, free_cores};
}

TEST(SchedulerTest, TheFirstToArriveStartsFirst) {
  EXPECT_THAT(RunsToStart({{{"a-1", "cpu", 0}, {"a-2", "cpu", 0}}, {{"cpu", Cores(1, 1, 1)}}}),
              ElementsAre("a-1"));
}

TEST(SchedulerTest, ALargerPriorityOvertakes) {
  EXPECT_THAT(RunsToStart({{{"a-1", "cpu", 0}, {"a-2", "cpu", 5}}, {{"cpu", Cores(1, 1, 1)}}}),
              ElementsAre("a-2"));
}

TEST(SchedulerTest, NothingStartsWithoutAFreeSlot) {
  EXPECT_THAT(RunsToStart({{{"a-1", "cpu", 9}}, {{"cpu", Cores(0, 2, 1)}}}), IsEmpty());
}

TEST(SchedulerTest, AFullDeviceDoesNotHoldUpTheOthers) {
  EXPECT_THAT(RunsToStart({{{"a-1", "cuda:0", 0}, {"a-2", "cpu", 0}},
                           {{"cpu", Cores(1, 1, 1)}, {"cuda:0", Slots(0)}}}),
              ElementsAre("a-2"));
}

TEST(SchedulerTest, EachSlotIsGivenOnce) {
  EXPECT_THAT(RunsToStart({{{"a-1", "cuda:0", 0}, {"a-2", "cuda:0", 0}, {"a-3", "cuda:0", 0}},
                           {{"cuda:0", Slots(2)}}}),
              ElementsAre("a-1", "a-2"));
}

TEST(SchedulerTest, ARunForAnUnknownDeviceWaits) {
  EXPECT_THAT(RunsToStart({{{"a-1", "cuda:7", 0}}, {{"cpu", Cores(1, 1, 1)}}}), IsEmpty());
}

// A queued run that shares a worker.
QueuedRun Small(const char* run_id) { return {run_id, "cpu", 0, 1, true}; }
QueuedRun Large(const char* run_id) { return {run_id, "cpu", 0, 1, false}; }

// A CPU of eight cores, with room for three small runs in a slot.
SchedulerSnapshot Sharing(std::vector<QueuedRun> queue, int free_slots, int free_places,
                          int free_cores = 8) {
  return {std::move(queue),
          {{"cpu",
            {.free_slots = free_slots,
             .core_count = 8,
             .free_cores = free_cores,
             .slot_places = 3,
             .free_places = free_places}}}};
}

TEST(SchedulerTest, SmallRunsShareASlotUpToItsPlaces) {
  EXPECT_THAT(RunsToStart(Sharing({Small("a-1"), Small("a-2"), Small("a-3"), Small("a-4")}, 1, 0)),
              ElementsAre("a-1", "a-2", "a-3"));
}

TEST(SchedulerTest, SmallRunsTakeTheNextSlotOnceTheirsIsFull) {
  const std::vector<QueuedRun> queue = {Small("a-1"), Small("a-2"), Small("a-3"), Small("a-4"),
                                        Large("b-1")};
  EXPECT_THAT(RunsToStart(Sharing(queue, 2, 0)), ElementsAre("a-1", "a-2", "a-3", "a-4"));
  EXPECT_THAT(RunsToStart(Sharing(queue, 3, 0)), ElementsAre("a-1", "a-2", "a-3", "a-4", "b-1"));
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

TEST(SchedulerTest, EachSmallRunTakesACore) {
  const std::vector<QueuedRun> queue = {Small("a-1"), Small("a-2"), Small("a-3")};
  EXPECT_THAT(RunsToStart(Sharing(queue, 1, 0, /*free_cores=*/2)), ElementsAre("a-1", "a-2"));
  EXPECT_EQ(WaitReason(Sharing(queue, 0, 1, 0), "a-1"),
            "waiting for 1 of 8 cores of cpu for its 1 thread, 0 free (position 1)");
}

TEST(SchedulerTest, TheSameSnapshotGivesTheSameAnswer) {
  const SchedulerSnapshot snapshot{{{"a-1", "cpu", 1}, {"a-2", "cpu", 1}, {"a-3", "cpu", 2}},
                                   {{"cpu", Cores(2, 2, 2)}}};
  EXPECT_EQ(RunsToStart(snapshot), RunsToStart(snapshot));
  EXPECT_THAT(RunsToStart(snapshot), ElementsAre("a-3", "a-1"));
}

TEST(SchedulerTest, ASlotsShareIsAnEqualPartOfTheCores) {
  EXPECT_EQ(ThreadsOfSlot(/*core_count=*/2, /*slot_count=*/1), 2);
  EXPECT_EQ(ThreadsOfSlot(2, 2), 1);
  EXPECT_EQ(ThreadsOfSlot(16, 4), 4);
  // What does not divide stays free, rather than that one slot computes other bits.
  EXPECT_EQ(ThreadsOfSlot(5, 2), 2);
  EXPECT_EQ(ThreadsOfSlot(1, 3), 1);
}

TEST(SchedulerTest, TheThreadsOfAllRunsAreNeverMoreThanTheCores) {
  EXPECT_THAT(RunsToStart({{{"a-1", "cpu", 0, 2}, {"a-2", "cpu", 0, 2}, {"a-3", "cpu", 0, 1}},
                           {{"cpu", Cores(4, 4, 4)}}}),
              ElementsAre("a-1", "a-2"));
}

TEST(SchedulerTest, ARunThatDoesNotFitTheFreeCoresIsNotOvertaken) {
  const SchedulerSnapshot busy{{{"big-1", "cpu", 0, 3}, {"small-1", "cpu", 0, 1}},
                               {{"cpu", Cores(3, 4, 2)}}};
  EXPECT_THAT(RunsToStart(busy), IsEmpty());
  EXPECT_THAT(RunsToStart({busy.queue, {{"cpu", Cores(4, 4, 4)}}}),
              ElementsAre("big-1", "small-1"));
}

TEST(SchedulerTest, ARunWithMoreThreadsThanCoresRunsAlone) {
  const std::vector<QueuedRun> queue = {{"big-1", "cpu", 0, 8}, {"small-1", "cpu", 0, 1}};
  EXPECT_THAT(RunsToStart({queue, {{"cpu", Cores(1, 2, 1)}}}), IsEmpty());
  EXPECT_THAT(RunsToStart({queue, {{"cpu", Cores(2, 2, 2)}}}), ElementsAre("big-1"));
}

TEST(SchedulerTest, ARunOnAGpuTakesNoCores) {
  EXPECT_THAT(RunsToStart({{{"a-1", "cuda:0", 0, 16}}, {{"cuda:0", Slots(1)}}}),
              ElementsAre("a-1"));
}

TEST(SchedulerTest, WhatARunWaitsForIsASlotOfItsDevice) {
  const SchedulerSnapshot snapshot{
      {{"a-1", "cpu", 0}, {"a-2", "cuda:0", 0}, {"a-3", "cpu", 0}, {"a-4", "cpu", 1}},
      {{"cpu", Cores(0, 1, 0)}, {"cuda:0", Slots(0)}}};
  EXPECT_EQ(WaitReason(snapshot, "a-1"), "waiting for a slot on cpu (position 2)");
  EXPECT_EQ(WaitReason(snapshot, "a-2"), "waiting for a slot on cuda:0 (position 1)");
  EXPECT_EQ(WaitReason(snapshot, "a-3"), "waiting for a slot on cpu (position 3)");
  EXPECT_EQ(WaitReason(snapshot, "a-4"), "waiting for a slot on cpu (position 1)");
}

TEST(SchedulerTest, WhatTheFirstRunWaitsForMayBeCores) {
  const std::vector<QueuedRun> queue = {{"big-1", "cpu", 0, 3}, {"small-1", "cpu", 0, 1}};
  const SchedulerSnapshot snapshot{queue, {{"cpu", Cores(3, 4, 2)}}};
  EXPECT_EQ(WaitReason(snapshot, "big-1"),
            "waiting for 3 of 4 cores of cpu for its 3 threads, 2 free (position 1)");
  EXPECT_EQ(WaitReason(snapshot, "small-1"), "waiting for a slot on cpu (position 2)");
  EXPECT_EQ(WaitReason({queue, {{"cpu", Cores(1, 2, 1)}}}, "big-1"),
            "waiting for all 2 cores of cpu for its 3 threads, 1 free (position 1)");
}

}  // namespace
}  // namespace traind
