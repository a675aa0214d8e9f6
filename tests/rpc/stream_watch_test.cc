#include "server/rpc/stream_watch.h"

#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"

namespace traind {
namespace {

// Is stuck from a time on, once.
class FakeStream final : public StreamWatch::Stream {
 public:
  explicit FakeStream(absl::Duration stuck_from) : stuck_from_(stuck_from) {}

  bool Look(absl::Duration now) override {
    absl::MutexLock lock(&mutex_);
    ++looks_;
    return now >= stuck_from_ && breaks_ == 0;
  }
  void Break() override {
    absl::MutexLock lock(&mutex_);
    ++breaks_;
  }

  void AwaitBreak() {
    absl::MutexLock lock(&mutex_);
    const auto broken = [this] { return breaks_ > 0; };
    mutex_.Await(absl::Condition(&broken));
  }
  // Waits for so many more looks.
  void AwaitLooks(int count) {
    absl::MutexLock lock(&mutex_);
    const int wanted = looks_ + count;
    const auto seen = [this, wanted] { return looks_ >= wanted; };
    mutex_.Await(absl::Condition(&seen));
  }
  int looks() {
    absl::MutexLock lock(&mutex_);
    return looks_;
  }
  int breaks() {
    absl::MutexLock lock(&mutex_);
    return breaks_;
  }

 private:
  const absl::Duration stuck_from_;
  absl::Mutex mutex_;
  int looks_ = 0;
  int breaks_ = 0;
};

class StreamWatchTest : public testing::Test {
 protected:
  FakeClock clock_;
  StreamWatch watch_{clock_, absl::Milliseconds(1)};
};

TEST_F(StreamWatchTest, AStreamIsBrokenOnceItIsStuckAndNotBefore) {
  FakeStream stream(clock_.Monotonic() + absl::Seconds(5));
  watch_.Add(stream);
  stream.AwaitLooks(2);
  EXPECT_EQ(stream.breaks(), 0);
  clock_.Advance(absl::Seconds(5));
  stream.AwaitBreak();
  watch_.Remove(stream);
}

TEST_F(StreamWatchTest, AStreamThatWasRemovedIsNotLookedAt) {
  FakeStream gone(absl::InfiniteDuration());
  FakeStream other(absl::InfiniteDuration());
  watch_.Add(gone);
  watch_.Add(other);
  gone.AwaitLooks(1);
  watch_.Remove(gone);
  const int looks = gone.looks();
  other.AwaitLooks(2);
  EXPECT_EQ(gone.looks(), looks);
  watch_.Remove(other);
}

TEST_F(StreamWatchTest, RemovingAStreamThatWasNotAddedDoesNothing) {
  FakeStream stream(absl::InfiniteDuration());
  watch_.Remove(stream);
  EXPECT_EQ(stream.looks(), 0);
}

}  // namespace
}  // namespace traind
