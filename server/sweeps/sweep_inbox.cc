#include "server/sweeps/sweep_inbox.h"

#include <utility>

namespace traind {

void SweepInbox::OnEvent(const v1::Run& run, const v1::Event& event) {
  if (run.sweep_id().empty() || !event.has_state_changed()) return;
  absl::MutexLock lock(&mutex_);
  news_[run.sweep_id()].insert(run.id());
}

void SweepInbox::Wake() {
  absl::MutexLock lock(&mutex_);
  woken_ = true;
}

void SweepInbox::Wait(absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(this, &SweepInbox::HasNews), timeout);
}

SweepInbox::News SweepInbox::Take() {
  absl::MutexLock lock(&mutex_);
  woken_ = false;
  return std::exchange(news_, News());
}

}  // namespace traind
