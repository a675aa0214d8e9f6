#ifndef TRAIND_SERVER_RUNS_LOGGED_EVENT_H_
#define TRAIND_SERVER_RUNS_LOGGED_EVENT_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/base/call_once.h"
#include "traind/v1/run.pb.h"

namespace traind {

// An event as all of its readers share it: they copy neither it nor the work of
// serialising it. Immutable; thread-safe.
class LoggedEvent {
 public:
  explicit LoggedEvent(v1::Event event) : event_(std::move(event)) {}
  LoggedEvent(const LoggedEvent&) = delete;

  const v1::Event& event() const { return event_; }
  int64_t sequence() const { return event_.sequence(); }

  // The event as a StreamMetricsResponse with nothing else in it. Such bytes one
  // after another are, by protobuf's rules, one response with all of the events.
  // Made when somebody first asks.
  const std::string& response_bytes() const;

 private:
  const v1::Event event_;
  mutable absl::once_flag serialised_;
  mutable std::string response_bytes_;  // constant once serialised_
};

using LoggedEventPointer = std::shared_ptr<const LoggedEvent>;

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_LOGGED_EVENT_H_
