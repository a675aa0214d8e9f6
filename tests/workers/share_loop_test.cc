#include "server/worker_link/share_loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"

namespace traind {
namespace {

using ::testing::UnorderedElementsAre;

constexpr absl::Duration kWaitMax = absl::Seconds(20);

// The server's end of the socket is the test's; attempts wait until they are let go or
// stopped.
class ShareLoopTest : public ::testing::Test {
 protected:
  ShareLoopTest() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets_), 0);
    const timeval timeout = {.tv_sec = 20, .tv_usec = 0};
    setsockopt(sockets_[0], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    loop_.emplace(sockets_[1], [this](const AttemptKey& attempt, const std::stop_source& stop) {
      RunAttempt(attempt, stop);
    });
    thread_ = std::thread([this] { loop_->Run(stop_.get_token()); });
  }

  ~ShareLoopTest() override {
    stop_.request_stop();
    if (thread_.joinable()) thread_.join();
    loop_.reset();
    if (sockets_[0] >= 0) close(sockets_[0]);
    close(sockets_[1]);
  }

  void RunAttempt(const AttemptKey& attempt, const std::stop_source& stop) {
    absl::Notification stopped;
    const std::stop_callback on_stop(stop.get_token(), [&stopped] { stopped.Notify(); });
    {
      absl::MutexLock lock(&mutex_);
      begun_.push_back(attempt.DebugString());
    }
    stopped.WaitForNotification();
    absl::MutexLock lock(&mutex_);
    ended_.push_back(attempt.DebugString());
  }

  void Order(const std::string& run_id, bool stop) {
    worker::v1::ShareOrder order;
    order.set_run_id(run_id);
    order.set_attempt(1);
    order.set_stop(stop);
    const std::string packet = order.SerializeAsString();
    ASSERT_EQ(send(sockets_[0], packet.data(), packet.size(), 0),
              static_cast<ssize_t>(packet.size()));
  }

  // The next attempt that is said to have left; none once the worker has gone.
  std::optional<std::string> NextNote() {
    std::string packet(4096, '\0');
    const ssize_t count = recv(sockets_[0], packet.data(), packet.size(), 0);
    worker::v1::ShareNote note;
    if (count <= 0 || !note.ParseFromArray(packet.data(), static_cast<int>(count))) {
      return std::nullopt;
    }
    return AttemptKey{note.run_id(), note.attempt()}.DebugString();
  }

  bool WaitForBegun(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto begun = [this, count]()
                           ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return begun_.size() >= count; };
    return mutex_.AwaitWithTimeout(absl::Condition(&begun), kWaitMax);
  }

  std::vector<std::string> Begun() {
    absl::MutexLock lock(&mutex_);
    return begun_;
  }

  std::vector<std::string> Ended() {
    absl::MutexLock lock(&mutex_);
    return ended_;
  }

  void CloseServersEnd() {
    close(sockets_[0]);
    sockets_[0] = -1;
  }

  int sockets_[2] = {-1, -1};
  std::stop_source stop_;
  absl::Mutex mutex_;
  std::vector<std::string> begun_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> ended_ ABSL_GUARDED_BY(mutex_);
  std::optional<ShareLoop> loop_;
  std::thread thread_;
};

TEST_F(ShareLoopTest, AttemptsRunSideBySide) {
  Order("a-1", false);
  Order("a-2", false);
  EXPECT_TRUE(WaitForBegun(2));
  EXPECT_THAT(Begun(), UnorderedElementsAre("a-1/1", "a-2/1"));
}

TEST_F(ShareLoopTest, AStopEndsItsAttemptAloneAndIsNoted) {
  Order("a-1", false);
  Order("a-2", false);
  ASSERT_TRUE(WaitForBegun(2));
  Order("a-2", true);
  EXPECT_EQ(NextNote(), "a-2/1");
  EXPECT_THAT(Ended(), UnorderedElementsAre("a-2/1"));
}

TEST_F(ShareLoopTest, AnAttemptThatHasLeftMakesRoomForTheNext) {
  Order("a-1", false);
  ASSERT_TRUE(WaitForBegun(1));
  Order("a-1", true);
  ASSERT_EQ(NextNote(), "a-1/1");
  Order("a-3", false);
  EXPECT_TRUE(WaitForBegun(2));
}

TEST_F(ShareLoopTest, AnAttemptIsRunOnceThoughItIsOrderedTwice) {
  Order("a-1", false);
  Order("a-1", false);
  Order("a-2", false);
  ASSERT_TRUE(WaitForBegun(2));
  EXPECT_THAT(Begun(), UnorderedElementsAre("a-1/1", "a-2/1"));
}

TEST_F(ShareLoopTest, AStopOfAnUnknownAttemptAndWhatIsNoOrderAreNothing) {
  Order("a-9", true);
  ASSERT_EQ(send(sockets_[0], "\xff\xff", 2, 0), 2);
  Order("a-1", false);
  EXPECT_TRUE(WaitForBegun(1));
}

TEST_F(ShareLoopTest, AStopOfTheProcessEndsEveryAttemptAndTheLoop) {
  Order("a-1", false);
  Order("a-2", false);
  ASSERT_TRUE(WaitForBegun(2));
  stop_.request_stop();
  thread_.join();
  EXPECT_THAT(Ended(), UnorderedElementsAre("a-1/1", "a-2/1"));
}

TEST_F(ShareLoopTest, AServerThatOrdersNoMoreLetsAttemptsComeToTheirEnd) {
  Order("a-1", false);
  ASSERT_TRUE(WaitForBegun(1));
  Order("a-1", true);
  ASSERT_EQ(NextNote(), "a-1/1");
  shutdown(sockets_[0], SHUT_WR);
  thread_.join();
  EXPECT_THAT(Ended(), UnorderedElementsAre("a-1/1"));
}

TEST_F(ShareLoopTest, AttemptsOutliveAServerThatIsGone) {
  Order("a-1", false);
  ASSERT_TRUE(WaitForBegun(1));
  CloseServersEnd();
  // There is nobody to be told; that ends nothing but the attempt.
  stop_.request_stop();
  thread_.join();
  EXPECT_THAT(Ended(), UnorderedElementsAre("a-1/1"));
}

}  // namespace
}  // namespace traind
