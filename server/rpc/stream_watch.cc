#include "server/rpc/stream_watch.h"

#include <vector>

namespace traind {

StreamWatch::StreamWatch(const Clock& clock, absl::Duration interval)
    : clock_(clock), interval_(interval), thread_([this] { Loop(); }) {}

StreamWatch::~StreamWatch() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void StreamWatch::Add(Stream& stream) {
  absl::MutexLock lock(&mutex_);
  streams_.insert(&stream);
}

void StreamWatch::Remove(Stream& stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(&stream);
}

void StreamWatch::Loop() {
  while (true) {
    std::vector<Stream*> stuck;
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), interval_)) return;
      const absl::Duration now = clock_.Monotonic();
      for (Stream* const stream : streams_) {
        if (stream->Look(now)) stuck.push_back(stream);
      }
    }
    // Without the lock, as breaking a stream makes it leave.
    for (Stream* const stream : stuck) stream->Break();
  }
}

}  // namespace traind
