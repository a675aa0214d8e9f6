#include "server/workers/attached_workers.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace traind {

absl::Status AttachedWorkers::Add(const AttemptKey& attempt, std::shared_ptr<StopSender> sender) {
  absl::MutexLock lock(&mutex_);
  if (!senders_.emplace(attempt, std::move(sender)).second) {
    return absl::AlreadyExistsError(
        absl::StrCat("attempt ", attempt.DebugString(), " has a worker attached already"));
  }
  return absl::OkStatus();
}

void AttachedWorkers::Remove(const AttemptKey& attempt) {
  absl::MutexLock lock(&mutex_);
  senders_.erase(attempt);
}

void AttachedWorkers::RequestStop(const AttemptKey& attempt, absl::Duration grace) {
  std::shared_ptr<StopSender> sender;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = senders_.find(attempt);
    if (found == senders_.end()) return;
    sender = found->second;
  }
  // Without the lock: gRPC may run callbacks of any stream on this thread.
  sender->SendStop(grace);
}

void AttachedWorkers::StreamBegins() {
  absl::MutexLock lock(&mutex_);
  ++stream_count_;
}

void AttachedWorkers::StreamEnds() {
  absl::MutexLock lock(&mutex_);
  --stream_count_;
}

void AttachedWorkers::WaitForNoStreams() const {
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(this, &AttachedWorkers::NoStreams));
}

}  // namespace traind
