#include "server/runs/event_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/runs/run_state.h"

namespace traind {
namespace {

absl::Status NotKept(absl::string_view run_id, int64_t after_sequence, int64_t oldest) {
  return absl::OutOfRangeError(absl::StrCat(
      "after_sequence: expected 0, or at least ", oldest - 1, ", as the oldest event of ", run_id,
      " that is kept is ", oldest, ", got ", after_sequence, "; start with 0 for all there are"));
}

}  // namespace

void EventLog::Publish(absl::string_view run_id, absl::Span<const v1::Event> events,
                       bool terminal) {
  std::vector<LoggedEventPointer> logged;
  for (const v1::Event& event : events) logged.push_back(std::make_shared<LoggedEvent>(event));
  absl::MutexLock lock(&mutex_);
  Channel& channel = channels_[std::string(run_id)];
  channel.ring.insert(channel.ring.end(), logged.begin(), logged.end());
  while (static_cast<int>(channel.ring.size()) > limits_.ring_events_max) {
    channel.ring.pop_front();
  }
  channel.terminal = channel.terminal || terminal;
  for (auto& [key, subscriber] : channel.subscribers) subscriber.wake();
  DropIfIdle(std::string(run_id));
}

void EventLog::PublishProgress(absl::string_view run_id, const v1::Progress& progress) {
  absl::MutexLock lock(&mutex_);
  Channel& channel = channels_[std::string(run_id)];
  channel.progress = progress;
  ++channel.progress_number;
  for (auto& [key, subscriber] : channel.subscribers) {
    if (subscriber.want_progress) subscriber.wake();
  }
}

absl::StatusOr<EventLog::Batch> EventLog::Read(absl::string_view run_id, int64_t after_sequence,
                                               int64_t after_progress_number) const {
  Batch batch;
  {
    absl::MutexLock lock(&mutex_);
    auto found = channels_.find(run_id);
    if (found != channels_.end()) {
      const Channel& channel = found->second;
      if (channel.progress_number > after_progress_number) {
        batch.progress = channel.progress;
        batch.progress_number = channel.progress_number;
      }
      // The ring answers when it reaches back to the cursor; sequences in it have no gaps.
      if (!channel.ring.empty() && after_sequence + 1 >= channel.ring.front()->sequence() &&
          after_sequence <= channel.ring.back()->sequence()) {
        const int64_t skip = after_sequence + 1 - channel.ring.front()->sequence();
        const int64_t count = std::min<int64_t>(limits_.stream_events_max,
                                                static_cast<int64_t>(channel.ring.size()) - skip);
        batch.events.assign(channel.ring.begin() + skip, channel.ring.begin() + skip + count);
        batch.end = channel.terminal && after_sequence + count == channel.ring.back()->sequence();
        return batch;
      }
    }
  }
  return ReadStore(run_id, after_sequence, std::move(batch));
}

absl::StatusOr<EventLog::Batch> EventLog::ReadStore(absl::string_view run_id,
                                                    int64_t after_sequence, Batch batch) const {
  ASSIGN_OR_RETURN(const v1::Run run, store_.Get(run_id));
  if (after_sequence > run.last_sequence()) {
    return absl::OutOfRangeError(absl::StrCat("after_sequence: expected at most ",
                                              run.last_sequence(), ", the newest event of ", run_id,
                                              ", got ", after_sequence));
  }
  const int64_t before_oldest = std::max<int64_t>(run.first_sequence(), 1) - 1;
  if (after_sequence > 0 && after_sequence < before_oldest) {
    return NotKept(run_id, after_sequence, before_oldest + 1);
  }
  ASSIGN_OR_RETURN(const std::vector<v1::Event> events,
                   store_.ReadEvents(run_id, std::max(after_sequence, before_oldest),
                                     limits_.stream_events_max));
  // Some may have gone since the look at the run.
  if (after_sequence > 0 && !events.empty() && events.front().sequence() > after_sequence + 1) {
    return NotKept(run_id, after_sequence, events.front().sequence());
  }
  for (const v1::Event& event : events) {
    batch.events.push_back(std::make_shared<LoggedEvent>(event));
  }
  const int64_t last = events.empty() ? after_sequence : events.back().sequence();
  batch.end = IsTerminal(run.state()) && last == run.last_sequence();
  return batch;
}

absl::StatusOr<int64_t> EventLog::NewestSequence(absl::string_view run_id) const {
  {
    absl::MutexLock lock(&mutex_);
    auto found = channels_.find(run_id);
    if (found != channels_.end() && !found->second.ring.empty()) {
      return found->second.ring.back()->sequence();
    }
  }
  ASSIGN_OR_RETURN(const v1::Run run, store_.Get(run_id));
  return run.last_sequence();
}

absl::StatusOr<std::unique_ptr<EventLog::Subscription>> EventLog::Subscribe(
    absl::string_view run_id, bool want_progress, std::function<void()> wake) {
  absl::MutexLock lock(&mutex_);
  if (subscriber_count_ >= limits_.subscribers_max) {
    return absl::ResourceExhaustedError(absl::StrCat("too many event streams: at most ",
                                                     limits_.subscribers_max,
                                                     " at once (subscribers_max); retry later"));
  }
  const int64_t key = next_key_++;
  ++subscriber_count_;
  channels_[std::string(run_id)].subscribers[key] = {want_progress, std::move(wake)};
  return std::unique_ptr<Subscription>(new Subscription(*this, std::string(run_id), key));
}

EventLog::Subscription::~Subscription() { log_.Unsubscribe(run_id_, key_); }

void EventLog::Unsubscribe(const std::string& run_id, int64_t key) {
  absl::MutexLock lock(&mutex_);
  auto channel = channels_.find(run_id);
  if (channel == channels_.end()) return;
  subscriber_count_ -= static_cast<int>(channel->second.subscribers.erase(key));
  DropIfIdle(run_id);
}

void EventLog::DropIfIdle(const std::string& run_id) {
  auto channel = channels_.find(run_id);
  if (channel == channels_.end() || !channel->second.subscribers.empty()) return;
  // A run in flight keeps its ring; one that is over, or was only asked for, is read from the
  // store.
  if (channel->second.terminal || channel->second.ring.empty()) channels_.erase(channel);
}

}  // namespace traind
