// A shared worker without a tensor library: what an attempt does is its run's name.

#include <unistd.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/worker_link/share_loop.h"

namespace {

// Returns once the stop is requested.
void WaitForStop(const std::stop_token& stop) {
  absl::Mutex mutex;
  bool stopped = false;
  const std::stop_callback on_stop(stop, [&] {
    absl::MutexLock lock(&mutex);
    stopped = true;
  });
  absl::MutexLock lock(&mutex);
  mutex.Await(absl::Condition(&stopped));
}

void RunAttempt(const traind::AttemptKey& attempt, const std::stop_source& stop) {
  if (absl::StartsWith(attempt.run_id, "crash")) std::abort();
  if (absl::StartsWith(attempt.run_id, "patient")) WaitForStop(stop.get_token());
  // For longer than any test.
  if (absl::StartsWith(attempt.run_id, "hung")) WaitForStop(std::stop_source().get_token());
}

}  // namespace

int main() {
  traind::ShareLoop loop(STDIN_FILENO, RunAttempt);
  loop.Run(std::stop_token());
  return 0;
}
