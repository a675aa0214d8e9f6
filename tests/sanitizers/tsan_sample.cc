// Two threads that share a number in the way that is named on the command line: `race` is wrong,
// the others are right and use what tsan_absl.cc explains to ThreadSanitizer.
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace {

constexpr int kRounds = 1000;

void Race() {
  int number = 0;
  std::thread other([&number] {
    for (int round = 0; round < kRounds; ++round) ++number;
  });
  for (int round = 0; round < kRounds; ++round) ++number;
  other.join();
}

void Locked() {
  absl::Mutex mutex;
  int number = 0;
  const auto count = [&] {
    for (int round = 0; round < kRounds; ++round) {
      absl::MutexLock lock(&mutex);
      ++number;
    }
  };
  std::thread other(count);
  count();
  {
    absl::ReaderMutexLock lock(&mutex);
    if (number < kRounds) std::puts("too few");
  }
  other.join();
}

void WaitForCondition() {
  absl::Mutex mutex;
  bool ready = false;
  int number = 0;
  std::thread other([&] {
    absl::MutexLock lock(&mutex);
    number = 1;
    ready = true;
  });
  mutex.Lock();
  mutex.Await(absl::Condition(&ready));
  ++number;
  mutex.Unlock();
  mutex.LockWhen(absl::Condition(&ready));
  ++number;
  mutex.Unlock();
  other.join();
}

void WaitForNotification() {
  absl::Notification told;
  int number = 0;
  std::thread other([&] {
    number = 1;
    told.Notify();
  });
  while (!told.WaitForNotificationWithTimeout(absl::Microseconds(1))) {
  }
  told.WaitForNotification();
  ++number;
  other.join();
}

// Whichever thread is the last one deletes what both have read.
void ShareStatus() {
  for (int round = 0; round < kRounds; ++round) {
    auto status = std::make_unique<absl::Status>(absl::UnknownError("shared"));
    std::thread other([copy = *status] {
      if (copy.message().empty()) std::puts("empty");
    });
    if (status->message().empty()) std::puts("empty");
    status.reset();
    other.join();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string way = argc > 1 ? argv[1] : "";
  if (way == "race") {
    Race();
  } else if (way == "locked") {
    Locked();
  } else if (way == "condition") {
    WaitForCondition();
  } else if (way == "notified") {
    WaitForNotification();
  } else if (way == "status") {
    ShareStatus();
  } else {
    return 2;
  }
  std::puts("done");
}
