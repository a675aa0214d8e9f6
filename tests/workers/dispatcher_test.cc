#include "server/workers/dispatcher.h"

#include <algorithm>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace traind {
namespace {

TEST(DispatcherTest, RunsWorkInOrderAndAllOfItBeforeItGoes) {
  std::vector<int> order;
  {
    Dispatcher dispatcher;
    for (int i = 0; i < 100; ++i) dispatcher.Post([&order, i] { order.push_back(i); });
  }
  ASSERT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(DispatcherTest, WorkMayPostMoreWork) {
  absl::Notification done;
  Dispatcher dispatcher;
  dispatcher.Post([&] { dispatcher.Post([&] { done.Notify(); }); });
  EXPECT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(20)));
}

}  // namespace
}  // namespace traind
