#include "client/trainctl/digit_drawing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/trainctl/progress_line.h"

namespace traind {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::ResultOf;
using ::testing::SizeIs;

TEST(DigitDrawingTest, ShadesAreTheMeanOfTwoRows) {
  const GrayImage image{.width = 3, .height = 2, .pixels = {0, 255, 255, 0, 0, 255}};
  EXPECT_THAT(DrawImage(image, false), ElementsAre(" ▒█"));
}

TEST(DigitDrawingTest, OddLastRowIsOverBlack) {
  const GrayImage image{.width = 1, .height = 3, .pixels = {255, 255, 255}};
  EXPECT_THAT(DrawImage(image, false), ElementsAre("█", "▒"));
}

TEST(DigitDrawingTest, ColourUsesTheTerminalsGreysAndResetsThem) {
  const GrayImage image{.width = 1, .height = 2, .pixels = {0, 255}};
  EXPECT_THAT(DrawImage(image, true), ElementsAre("\x1b[38;5;232;48;5;255m▀\x1b[0m"));
}

TEST(DigitDrawingTest, LargeImagesAreScaledToFit) {
  const GrayImage image{.width = 224, .height = 224, .pixels = std::vector<uint8_t>(224 * 224)};
  const std::vector<std::string> lines = DrawImage(image, false);
  EXPECT_THAT(lines, SizeIs(28));
  EXPECT_THAT(lines, Each(ResultOf(TextColumns, 56)));
}

}  // namespace
}  // namespace traind
