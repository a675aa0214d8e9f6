#include "server/telemetry/stream_metrics.h"

#include <prometheus/text_serializer.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

class StreamMetricsTest : public testing::Test {
 protected:
  std::string Scrape() const { return prometheus::TextSerializer().Serialize(registry_.Collect()); }

  prometheus::Registry registry_;
  StreamMetrics streams_{registry_};
};

TEST_F(StreamMetricsTest, EverySeriesIsThereAtZeroFromTheStart) {
  const std::string text = Scrape();
  EXPECT_THAT(text, HasSubstr("\ntraind_stream_subscribers 0\n"));
  EXPECT_THAT(text, HasSubstr("\ntraind_stream_events_total 0\n"));
  EXPECT_THAT(text, HasSubstr("\ntraind_stream_lag_seconds_count 0\n"));
  for (const char* reason :
       {"complete", "client", "stalled", "full", "shutdown", "refused", "error"}) {
    EXPECT_THAT(text, HasSubstr("\ntraind_stream_closed_total{reason=\"" + std::string(reason) +
                                "\"} 0\n"));
  }
}

TEST_F(StreamMetricsTest, SubscribersComeAndGo) {
  for (const int change : {1, 1, -1}) streams_.OnSubscribers(change);
  EXPECT_THAT(Scrape(), HasSubstr("\ntraind_stream_subscribers 1\n"));
}

TEST_F(StreamMetricsTest, EventsAreCountedAndTheLagOfNewOnesIsTimed) {
  streams_.OnEventsWritten(5, {absl::Milliseconds(2), absl::Milliseconds(200)});
  const std::string text = Scrape();
  EXPECT_THAT(text, HasSubstr("\ntraind_stream_events_total 5\n"));
  EXPECT_THAT(text, HasSubstr("\ntraind_stream_lag_seconds_count 2\n"));
  EXPECT_THAT(text, HasSubstr("\ntraind_stream_lag_seconds_bucket{le=\"0.002\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\ntraind_stream_lag_seconds_bucket{le=\"0.25\"} 2\n"));
}

TEST_F(StreamMetricsTest, EndedStreamsAreCountedByReason) {
  for (const StreamEnd end : {StreamEnd::kStalled, StreamEnd::kFull, StreamEnd::kStalled}) {
    streams_.OnStreamEnded(end);
  }
  const std::string text = Scrape();
  EXPECT_THAT(text, HasSubstr("\ntraind_stream_closed_total{reason=\"stalled\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\ntraind_stream_closed_total{reason=\"full\"} 1\n"));
}

}  // namespace
}  // namespace traind
