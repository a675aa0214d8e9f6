#ifndef TRAIND_SERVER_RUNS_EVENT_FILTER_H_
#define TRAIND_SERVER_RUNS_EVENT_FILTER_H_

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/limits.h"
#include "server/runs/logged_event.h"
#include "traind/v1/run.pb.h"
#include "traind/v1/training_service.pb.h"

namespace traind {

// Which events of a run a stream sends, and what of them. A plain value; the
// default lets everything through as it is.
class EventFilter {
 public:
  EventFilter() = default;
  // As the request says. INVALID_ARGUMENT for a kind or metric that does not
  // exist, for a time that is none, and for max_points out of range.
  static absl::StatusOr<EventFilter> Make(const v1::StreamMetricsRequest& request,
                                          const Limits& limits);

  // Whether the event is sent. A run's terminal state always is.
  bool Passes(const v1::Event& event) const;

  // An event that passes, as it is sent: the same one, or a copy without the
  // metrics that were not asked for.
  LoggedEventPointer Trim(LoggedEventPointer event) const;

 private:
  // Empty: all.
  std::set<v1::EventKind> kinds_;
  std::set<std::string> metrics_;
  absl::Time since_ = absl::InfinitePast();
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_EVENT_FILTER_H_
