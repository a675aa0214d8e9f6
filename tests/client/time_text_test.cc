#include "client/trainctl/time_text.h"

#include <gtest/gtest.h>

namespace traind {
namespace {

// The steps of kubectl's HumanDuration.
TEST(TimeTextTest, DurationsLosePrecisionAsTheyGrow) {
  EXPECT_EQ(DurationText(absl::ZeroDuration()), "0s");
  EXPECT_EQ(DurationText(absl::Seconds(119)), "119s");
  EXPECT_EQ(DurationText(absl::Seconds(192)), "3m12s");
  EXPECT_EQ(DurationText(absl::Minutes(47) + absl::Seconds(3)), "47m");
  EXPECT_EQ(DurationText(absl::Minutes(4)), "4m");
  EXPECT_EQ(DurationText(absl::Hours(5) + absl::Minutes(30)), "5h30m");
  EXPECT_EQ(DurationText(absl::Hours(20)), "20h");
  EXPECT_EQ(DurationText(absl::Hours(76)), "3d4h");
  EXPECT_EQ(DurationText(absl::Hours(24 * 12)), "12d");
}

TEST(TimeTextTest, ClockThatRunsBehindDoesNotGiveNegativeAges) {
  EXPECT_EQ(DurationText(absl::Seconds(-5)), "0s");
}

TEST(TimeTextTest, TimestampIsConvertedWithItsNanoseconds) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(1700000000);
  timestamp.set_nanos(500'000'000);
  EXPECT_EQ(absl::ToUnixMillis(ToTime(timestamp)), 1700000000500);
}

}  // namespace
}  // namespace traind
