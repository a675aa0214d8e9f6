#ifndef TRAIND_TESTS_SUPPORT_FAKE_CLOCK_H_
#define TRAIND_TESTS_SUPPORT_FAKE_CLOCK_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"

namespace traind {

// A clock that stands still until a test moves it. Thread-safe.
class FakeClock : public Clock {
 public:
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1'700'000'000)) : now_(now) {}

  absl::Time Now() const override {
    absl::MutexLock lock(&mutex_);
    return now_;
  }

  absl::Duration Monotonic() const override {
    absl::MutexLock lock(&mutex_);
    return passed_;
  }

  void Advance(absl::Duration duration) {
    absl::MutexLock lock(&mutex_);
    now_ += duration;
    passed_ += duration;
  }

  // As when somebody sets the machine's clock: no time passes.
  void SetBack(absl::Duration duration) {
    absl::MutexLock lock(&mutex_);
    now_ -= duration;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  absl::Duration passed_ ABSL_GUARDED_BY(mutex_) = absl::Hours(1);
};

}  // namespace traind

#endif  // TRAIND_TESTS_SUPPORT_FAKE_CLOCK_H_
