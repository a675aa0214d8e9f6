#include "server/kernels/amx_gradient_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace traind {
namespace {

TEST(AmxGradientLayoutTest, CountsPlacesThroughTheRowsOfX) {
  // 7 x 7 outputs of rows of 9: the last one is place 6 * 9 + 6, and 61 places are 31 pairs, which
  // are 2 steps of 16. The last tap lies 2 * 9 + 2 places further.
  const AmxGradientLayout layout = AmxGradientLayoutOf({9, 9, 16, 64, 3, 3});
  EXPECT_FALSE(layout.gathers);
  EXPECT_EQ(layout.steps, 2);
  EXPECT_EQ(layout.step_pairs, 16);
  EXPECT_GE(layout.line_stride, 64 + 20);
  EXPECT_EQ(layout.pairs, 16 * layout.line_stride);
  EXPECT_EQ(layout.size, layout.pairs + 64 * 64);
}

TEST(AmxGradientLayoutTest, HasALineForEachTapOfFewChannels) {
  const AmxGradientLayout layout = AmxGradientLayoutOf({28, 28, 1, 32, 5, 5});
  EXPECT_TRUE(layout.gathers);
  EXPECT_EQ(layout.pairs - layout.tap_lines, 25 * layout.line_stride);
}

TEST(AmxGradientLayoutTest, LinesDoNotMeetInTheCache) {
  // 4096 bytes apart all lines would share a few places of the first cache.
  for (int width = 1; width <= 100; ++width) {
    const AmxGradientLayout layout = AmxGradientLayoutOf({8, width, 16, 16, 1, 1});
    EXPECT_EQ(layout.line_stride * 2 % 128, 64) << width;
  }
}

TEST(AmxBandRowsTest, CutsALargeSampleAndAtLeastOneRow) {
  EXPECT_EQ(AmxBandRows({28, 28, 16, 16, 3, 3}), 26);
  EXPECT_EQ(AmxBandRows({224, 224, 16, 16, 3, 3}), 4);
  EXPECT_EQ(AmxBandRows({10, 5000, 16, 16, 3, 3}), 1);
}

// A linear layer's rows are samples, of which a batch may have fewer than the memory was made for.
TEST(AmxScratchCountTest, NeverShrinksWithMoreRows) {
  int64_t before = 0;
  for (int rows = 1; rows <= 2100; ++rows) {
    const int64_t count = AmxScratchCount({rows, 1, 64, 16, 1, 1});
    EXPECT_GE(count, before) << rows;
    before = count;
  }
}

}  // namespace
}  // namespace traind
