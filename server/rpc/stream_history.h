#ifndef TRAIND_SERVER_RPC_STREAM_HISTORY_H_
#define TRAIND_SERVER_RPC_STREAM_HISTORY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/base/limits.h"
#include "server/runs/event_filter.h"
#include "server/runs/event_log.h"
#include "server/runs/event_thinner.h"
#include "traind/v1/training_service.pb.h"

namespace traind {

// The history of a run for a stream that wants it thinned out: first read page by
// page, then handed out message by message. Not thread-safe.
class StreamHistory {
 public:
  // The history is what follows the request's after_sequence at the first read.
  StreamHistory(const v1::StreamMetricsRequest& request, const Limits& limits);

  // Reads one page. Errors as of EventLog::Read.
  absl::Status ReadPage(const EventLog& log, const EventFilter& filter);

  // Whether all has been read, so that messages can be taken.
  bool complete() const { return complete_; }

  // The events of the next message, maybe none.
  std::vector<LoggedEventPointer> TakeMessage();
  // Whether the last message has been taken.
  bool empty() const { return complete_ && next_ >= events_.size(); }

  // Where the history ends: the after_sequence of what comes after it.
  int64_t last_sequence() const { return last_sequence_; }

 private:
  const std::string run_id_;
  const int events_max_;  // of a message
  const int64_t bytes_max_;
  EventThinner thinner_;
  bool begun_ = false;
  int64_t position_;           // newest sequence read
  int64_t last_sequence_ = 0;  // constant once begun
  bool complete_ = false;
  std::vector<LoggedEventPointer> events_;
  size_t next_ = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RPC_STREAM_HISTORY_H_
