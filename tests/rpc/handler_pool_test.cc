#include "server/rpc/handler_pool.h"

#include <atomic>

#include "absl/synchronization/notification.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

TEST(HandlerPoolTest, AFullQueueRefusesAndNamesItsBound) {
  absl::Notification running, release;
  HandlerPool pool("handler_queue_max", 1, 2);
  ASSERT_OK(pool.Submit([&] {
    running.Notify();
    release.WaitForNotification();
  }));
  running.WaitForNotification();
  ASSERT_OK(pool.Submit([] {}));
  ASSERT_OK(pool.Submit([] {}));
  EXPECT_THAT(pool.Submit([] {}), StatusIs(absl::StatusCode::kResourceExhausted,
                                           "2 calls wait already (handler_queue_max)"));
  release.Notify();
}

TEST(HandlerPoolTest, DestructionRunsWhatIsQueued) {
  std::atomic<int> done = 0;
  {
    HandlerPool pool("handler_queue_max", 2, 100);
    for (int i = 0; i < 100; ++i) {
      // The threads may be faster or slower than this loop; both are fine.
      ASSERT_OK(pool.Submit([&] { ++done; }));
    }
  }
  EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace traind
