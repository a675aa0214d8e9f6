#include "server/logging.h"

#include "gtest/gtest.h"

namespace traind {
namespace {

TEST(LoggingTest, TextHasTheMessageThenItsValues) {
  EXPECT_EQ(FormatTextLine("run changed state", {{"run", "s4-1"}, {"to", "running"}}),
            "run changed state run=s4-1 to=running");
}

TEST(LoggingTest, TextQuotesWhatWouldBreakTheLine) {
  EXPECT_EQ(FormatTextLine("call failed", {{"error", "no run\n\"s4\""}, {"peer", ""}}),
            "call failed error=\"no run\\n\\\"s4\\\"\" peer=\"\"");
}

TEST(LoggingTest, JsonIsOneObjectWithTheValuesBesideTheMessage) {
  EXPECT_EQ(FormatJsonLine("2026-01-02T03:04:05Z", "info", "serving", {{"grpc", "127.0.0.1:1"}}),
            "{\"time\":\"2026-01-02T03:04:05Z\",\"level\":\"info\",\"message\":\"serving\","
            "\"grpc\":\"127.0.0.1:1\"}");
}

TEST(LoggingTest, JsonEscapesAndReplacesBytesThatAreNoUtf8) {
  EXPECT_EQ(FormatJsonLine("t", "info", "a\n\"b\"", {{"k", "\xff"}}),
            "{\"time\":\"t\",\"level\":\"info\",\"message\":\"a\\n\\\"b\\\"\","
            "\"k\":\"\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace traind
