#include "server/telemetry/stream_metrics.h"

#include "server/telemetry/buckets.h"

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
               .Add({}, LatencyBuckets())) {}

void StreamMetrics::OnSubscribers(int change) { subscribers_.Increment(change); }

void StreamMetrics::OnEventsWritten(int event_count, absl::Span<const absl::Duration> lags) {
  events_.Increment(event_count);
  for (const absl::Duration lag : lags) lag_.Observe(absl::ToDoubleSeconds(lag));
}

}  // namespace traind
