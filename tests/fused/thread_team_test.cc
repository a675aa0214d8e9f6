#include "server/fused/thread_team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace traind {
namespace {

TEST(ThreadTeam, GivesEachThreadItsNumberOnce) {
  for (int count : {1, 2, 5}) {
    ThreadTeam team(count);
    EXPECT_EQ(team.thread_count(), count);
    std::vector<int> calls(count);
    for (int i = 0; i < 100; ++i) team.Run([&](int thread) { ++calls[thread]; });
    EXPECT_EQ(calls, std::vector<int>(count, 100));
  }
}

TEST(ThreadTeam, WaitsForAllAtEachMeeting) {
  constexpr int kThreads = 4;
  ThreadTeam team(kThreads);
  std::atomic<int> arrived = 0;
  std::atomic<int> early = 0;
  team.Run([&](int) {
    for (int meeting = 1; meeting <= 200; ++meeting) {
      ++arrived;
      team.Meet();
      if (arrived < meeting * kThreads) ++early;
      team.Meet();
    }
  });
  EXPECT_EQ(early, 0);
  EXPECT_EQ(arrived, 200 * kThreads);
}

TEST(ThreadTeam, DoesWhatComesBetweenOnceAndBeforeAnyGoesOn) {
  ThreadTeam team(3);
  int count = 0;  // unsynchronised: the meeting orders it
  std::atomic<int> wrong = 0;
  team.Run([&](int) {
    for (int meeting = 1; meeting <= 100; ++meeting) {
      team.Meet([&] { ++count; });
      if (count != meeting) ++wrong;
      team.Meet();
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST(ThreadTeam, EndsWithoutHavingRun) { ThreadTeam team(4); }

}  // namespace
}  // namespace traind
