#include "client/backoff.h"

#include <algorithm>

namespace traind {

Backoff::Backoff(const BackoffPolicy& policy, uint64_t seed)
    : policy_(policy), random_(seed), ceiling_(policy.first) {}

absl::Duration Backoff::Next() {
  const absl::Duration ceiling = std::min(ceiling_, policy_.max);
  ceiling_ = std::min(ceiling * 2, policy_.max);
  return ceiling * std::uniform_real_distribution<double>(0.5, 1.0)(random_);
}

void Backoff::Reset() { ceiling_ = policy_.first; }

}  // namespace traind
