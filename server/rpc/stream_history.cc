#include "server/rpc/stream_history.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "server/base/status_macros.h"

namespace traind {

StreamHistory::StreamHistory(const v1::StreamMetricsRequest& request, const Limits& limits)
    : run_id_(request.run_id()),
      events_max_(limits.stream_events_max),
      bytes_max_(limits.stream_message_bytes_max),
      thinner_(request.max_points(), limits.stream_milestones_max),
      position_(request.after_sequence()) {}

absl::Status StreamHistory::ReadPage(const EventLog& log, const EventFilter& filter) {
  if (!begun_) {
    ASSIGN_OR_RETURN(last_sequence_, log.NewestSequence(run_id_));
    last_sequence_ = std::max(last_sequence_, position_);
    begun_ = true;
  }
  // Progress numbers never get there, so none is ever newer.
  ASSIGN_OR_RETURN(EventLog::Batch batch,
                   log.Read(run_id_, position_, std::numeric_limits<int64_t>::max()));
  for (LoggedEventPointer& event : batch.events) {
    if (event->sequence() > last_sequence_) break;
    position_ = event->sequence();
    if (filter.Passes(event->event())) thinner_.Add(std::move(event));
  }
  if (position_ < last_sequence_ && !batch.events.empty()) return absl::OkStatus();
  complete_ = true;
  events_ = thinner_.Take();
  // Only now, as the extremes may be those of a metric that was not asked for.
  for (LoggedEventPointer& event : events_) event = filter.Trim(std::move(event));
  return absl::OkStatus();
}

std::vector<LoggedEventPointer> StreamHistory::TakeMessage() {
  std::vector<LoggedEventPointer> message;
  int64_t bytes = 0;
  while (next_ < events_.size() && static_cast<int>(message.size()) < events_max_) {
    bytes += static_cast<int64_t>(events_[next_]->response_bytes().size());
    if (bytes > bytes_max_ && !message.empty()) break;
    message.push_back(std::move(events_[next_++]));
  }
  return message;
}

}  // namespace traind
