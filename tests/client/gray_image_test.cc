#include "client/trainctl/gray_image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace traind {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(GrayImageTest, InvertSwapsDarkAndLight) {
  EXPECT_THAT(Invert({.width = 3, .height = 1, .pixels = {0, 100, 255}}).pixels,
              ElementsAre(255, 155, 0));
}

TEST(GrayImageTest, HalvingTakesTheMeanOfFour) {
  const GrayImage image{.width = 4, .height = 2, .pixels = {0, 100, 8, 8, 100, 200, 8, 8}};
  EXPECT_THAT(Resize(image, 2, 1).pixels, ElementsAre(100, 8));
}

TEST(GrayImageTest, PartlyCoveredPixelsCountByTheirShare) {
  // Three pixels to two: each new one is a whole old one and half of the middle.
  const GrayImage image{.width = 3, .height = 1, .pixels = {30, 90, 240}};
  EXPECT_THAT(Resize(image, 2, 1).pixels, ElementsAre(50, 190));
}

TEST(GrayImageTest, EnlargingRepeatsPixels) {
  const GrayImage image{.width = 2, .height = 1, .pixels = {10, 20}};
  EXPECT_THAT(Resize(image, 4, 2).pixels, ElementsAre(10, 10, 20, 20, 10, 10, 20, 20));
}

TEST(GrayImageTest, EvenPicturesStayEven) {
  const GrayImage image{.width = 37, .height = 53, .pixels = std::vector<uint8_t>(37 * 53, 255)};
  const GrayImage resized = Resize(image, 28, 28);
  EXPECT_THAT(resized.pixels, SizeIs(28 * 28));
  EXPECT_THAT(resized.pixels, Each(255));
}

}  // namespace
}  // namespace traind
