#include "server/telemetry/stream_metrics.h"

#include <string>

#include "server/telemetry/buckets.h"
#include "server/telemetry/families.h"

namespace traind {

StreamMetrics::StreamMetrics(prometheus::Registry& registry)
    : subscribers_(prometheus::BuildGauge()
                       .Name("traind_stream_subscribers")
                       .Help("StreamMetrics calls that follow a run now.")
                       .Register(registry)
                       .Add({})),
      events_(prometheus::BuildCounter()
                  .Name("traind_stream_events_total")
                  .Help("Events of runs written to StreamMetrics calls.")
                  .Register(registry)
                  .Add({})),
      lag_(prometheus::BuildHistogram()
               .Name("traind_stream_lag_seconds")
               .Help("Time from an event to its write to a StreamMetrics call that was there "
                     "before the event.")
               .Register(registry)
               .Add({}, LatencyBuckets())) {
  prometheus::Family<prometheus::Counter>& closed = CounterFamily(
      "traind_stream_closed_total",
      "StreamMetrics calls that have ended, by reason: complete, client (it went away), stalled "
      "(it "
      "did not read), full (too many at once), shutdown, refused (a bad request), error.",
      registry);
  for (const StreamEnd end : kStreamEnds) {
    closed_[end] = &closed.Add({{"reason", std::string(StreamEndName(end))}});
  }
}

void StreamMetrics::OnSubscribers(int change) { subscribers_.Increment(change); }

void StreamMetrics::OnEventsWritten(int event_count, absl::Span<const absl::Duration> lags) {
  events_.Increment(event_count);
  for (const absl::Duration lag : lags) lag_.Observe(absl::ToDoubleSeconds(lag));
}

void StreamMetrics::OnStreamEnded(StreamEnd end) { closed_.at(end)->Increment(); }

}  // namespace traind
