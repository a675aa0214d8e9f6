#ifndef TRAIND_SERVER_TELEMETRY_STREAM_METRICS_H_
#define TRAIND_SERVER_TELEMETRY_STREAM_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <map>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/base/stream_end.h"

namespace traind {

// Streams of runs' events: traind_stream_subscribers, traind_stream_events_total
// and traind_stream_lag_seconds without labels, traind_stream_closed_total by
// reason. Thread-safe.
class StreamMetrics {
 public:
  // `registry` must outlive the metrics.
  explicit StreamMetrics(prometheus::Registry& registry);
  StreamMetrics(const StreamMetrics&) = delete;

  // Followers have come (positive) or gone (negative).
  void OnSubscribers(int change);
  // So many events were written; `lags` of those that are newer than their stream.
  void OnEventsWritten(int event_count, absl::Span<const absl::Duration> lags);
  // A stream has ended.
  void OnStreamEnded(StreamEnd end);

 private:
  // Each synchronises itself.
  prometheus::Gauge& subscribers_;
  prometheus::Counter& events_;
  prometheus::Histogram& lag_;
  std::map<StreamEnd, prometheus::Counter*> closed_;  // constant after construction
};

}  // namespace traind

#endif  // TRAIND_SERVER_TELEMETRY_STREAM_METRICS_H_
