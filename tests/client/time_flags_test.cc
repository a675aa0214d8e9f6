#include "client/trainctl/time_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace traind {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);  // 2023-11-14T22:13:20Z

TEST(TimeFlagsTest, DurationHasUnitsOrIsInSeconds) {
  EXPECT_EQ(*ReadDuration("--grace", "1m30s"), absl::Seconds(90));
  EXPECT_EQ(*ReadDuration("--grace", "2.5"), absl::Milliseconds(2500));
  EXPECT_EQ(*ReadDuration("--grace", "0"), absl::ZeroDuration());
}

TEST(TimeFlagsTest, WhatIsNoDurationIsRefusedWithTheFlagsName) {
  for (const char* text : {"", "soon", "inf", "-5s", "nan", "10 m"}) {
    const absl::Status status = ReadDuration("--grace", text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("--grace: expected")) << text;
  }
}

TEST(TimeFlagsTest, MomentIsSoLongAgo) {
  EXPECT_EQ(*ReadMoment("--since", "10m", kNow), kNow - absl::Minutes(10));
  EXPECT_EQ(*ReadMoment("--since", "2h", kNow), kNow - absl::Hours(2));
}

TEST(TimeFlagsTest, MomentInRfc3339HasItsZone) {
  EXPECT_EQ(*ReadMoment("--since", "2023-11-14T22:13:20Z", kNow), kNow);
  EXPECT_EQ(*ReadMoment("--since", "2023-11-15T00:13:20.5+02:00", kNow),
            kNow + absl::Milliseconds(500));
}

TEST(TimeFlagsTest, WhatIsNoMomentIsRefusedWithExamples) {
  for (const char* text : {"yesterday", "2023-11-14", "2023-11-14T22:13:20", "-1h"}) {
    const absl::Status status = ReadMoment("--since", text, kNow).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("10m or 2h")) << text;
  }
}

TEST(TimeFlagsTest, ProtosKeepNanoseconds) {
  EXPECT_EQ(ToProto(absl::Milliseconds(2500)).seconds(), 2);
  EXPECT_EQ(ToProto(absl::Milliseconds(2500)).nanos(), 500'000'000);
  EXPECT_EQ(ToProto(kNow + absl::Nanoseconds(7)).seconds(), 1'700'000'000);
  EXPECT_EQ(ToProto(kNow + absl::Nanoseconds(7)).nanos(), 7);
}

TEST(TimeFlagsTest, NanosecondsBefore1970AreCountedForward) {
  const google::protobuf::Timestamp time = ToProto(absl::UnixEpoch() - absl::Milliseconds(250));
  EXPECT_EQ(time.seconds(), -1);
  EXPECT_EQ(time.nanos(), 750'000'000);
}

}  // namespace
}  // namespace traind
