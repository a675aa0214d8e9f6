#ifndef TRAIND_CLIENT_BACKOFF_H_
#define TRAIND_CLIENT_BACKOFF_H_

#include <cstdint>
#include <random>

#include "absl/time/time.h"

namespace traind {

// How a client behaves while the server cannot be reached.
struct BackoffPolicy {
  // Longest first delay; each further one may be twice as long.
  absl::Duration first = absl::Milliseconds(200);
  // No delay is longer.
  absl::Duration max = absl::Seconds(5);
  // A stream gives up when the server has been silent for longer than this.
  absl::Duration give_up_after = absl::Minutes(2);
};

// Capped exponential delays with jitter: the n-th is uniform in [d/2, d] with
// d = min(first * 2^n, max), so that clients of a restarted server do not all
// come back in one instant. Not thread-safe.
class Backoff {
 public:
  Backoff(const BackoffPolicy& policy, uint64_t seed);

  // The next delay.
  absl::Duration Next();
  // Starts over: the server has answered.
  void Reset();

 private:
  BackoffPolicy policy_;
  std::mt19937_64 random_;
  absl::Duration ceiling_;
};

}  // namespace traind

#endif  // TRAIND_CLIENT_BACKOFF_H_
