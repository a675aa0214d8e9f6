#include "client/trainctl/byte_text.h"

#include <gtest/gtest.h>

namespace traind {
namespace {

TEST(ByteTextTest, UnitsAreStepsOf1024) {
  EXPECT_EQ(ByteText(0), "0 B");
  EXPECT_EQ(ByteText(1023), "1023 B");
  EXPECT_EQ(ByteText(1024), "1.0 KiB");
  EXPECT_EQ(ByteText(1536), "1.5 KiB");
  EXPECT_EQ(ByteText(int64_t{1} << 20), "1.0 MiB");
  EXPECT_EQ(ByteText(int64_t{5} << 30), "5.0 GiB");
  EXPECT_EQ(ByteText(int64_t{1} << 60), "1024.0 PiB");
}

TEST(ByteTextTest, RoundingUpNeverShowsAFullUnit) { EXPECT_EQ(ByteText((1 << 20) - 1), "1.0 MiB"); }

}  // namespace
}  // namespace traind
