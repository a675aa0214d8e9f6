#include "client/trainctl/mistake_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "client/trainctl/bitmap_font.h"
#include "client/trainctl/png_decoder.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

std::array<int, 3> PixelAt(const ColorImage& image, int x, int y) {
  const uint8_t* pixel = &image.pixels[(static_cast<size_t>(y) * image.width + x) * 3];
  return {pixel[0], pixel[1], pixel[2]};
}

bool HasColor(const ColorImage& image, std::array<int, 3> color) {
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      if (PixelAt(image, x, y) == color) return true;
    }
  }
  return false;
}

Inspection WithMistakes(int count, int64_t channels, const std::vector<uint8_t>& pixels) {
  std::vector<float> values;
  for (const uint8_t pixel : pixels) values.push_back(static_cast<float>(pixel) / 255);
  Inspection inspection{
      .matrix = ConfusionMatrix(10), .row_shape = {channels, 2, 2}, .class_names = {}, .worst = {}};
  for (int i = 0; i < count; ++i) {
    inspection.worst.push_back({.row = i,
                                .true_class = 4,
                                .predicted_class = 9,
                                .predicted_probability = 0.9f,
                                .true_probability = 0.1f,
                                .values = values});
  }
  return inspection;
}

TEST(LetterDot, LettersLookAsTheyAre) {
  std::string drawn;
  for (int row = 0; row < 7; ++row) {
    for (int column = 0; column < 5; ++column) drawn += LetterDot('R', column, row) ? '#' : '.';
    drawn += '\n';
  }
  EXPECT_EQ(drawn,
            "####.\n"
            "#...#\n"
            "#...#\n"
            "####.\n"
            "#.#..\n"
            "#..#.\n"
            "#...#\n");
}

TEST(LetterDot, NoTwoLettersAreAlike) {
  std::vector<std::string> seen;
  for (char letter = ' '; letter <= '~'; ++letter) {
    std::string drawn;
    for (int dot = 0; dot < 35; ++dot) drawn += LetterDot(letter, dot % 5, dot / 5) ? '#' : '.';
    EXPECT_EQ(std::count(seen.begin(), seen.end(), drawn), 0) << letter;
    seen.push_back(drawn);
  }
}

TEST(DrawText, WhatLiesOutsideIsLeftOut) {
  ColorImage image = PlainImage(4, 4, {255, 255, 255});
  DrawText("####", -3, -3, 2, {0, 0, 0}, image);
  DrawText("####", 1000, 1000, 2, {0, 0, 0}, image);
  EXPECT_EQ(image.pixels.size(), 48u);
}

TEST(EncodePng, DecodesToTheSamePicture) {
  ColorImage image = PlainImage(3, 2, {10, 10, 10});
  FillRectangle(1, 0, 1, 1, {200, 200, 200}, image);
  const absl::StatusOr<std::string> file = EncodePng(image);
  ASSERT_OK(file);
  const absl::StatusOr<GrayImage> decoded = DecodePng(*file, 0);
  ASSERT_OK(decoded);
  EXPECT_EQ(decoded->width, 3);
  EXPECT_THAT(decoded->pixels, ElementsAre(10, 200, 10, 10, 10, 10));
}

TEST(MistakeSheet, PicturesAreEnlargedInGreys) {
  const ColorImage sheet = MistakeSheet(WithMistakes(1, 1, {0, 77, 155, 233}), "one");
  for (int grey : {77, 155, 233}) EXPECT_TRUE(HasColor(sheet, {grey, grey, grey})) << grey;
}

TEST(MistakeSheet, ThreeChannelsAreColours) {
  const ColorImage sheet =
      MistakeSheet(WithMistakes(1, 3, {1, 1, 1, 1, 99, 99, 99, 99, 201, 201, 201, 201}), "one");
  EXPECT_TRUE(HasColor(sheet, {1, 99, 201}));
}

TEST(MistakeSheet, MoreMistakesTakeMoreRoom) {
  const ColorImage one = MistakeSheet(WithMistakes(1, 1, {0, 1, 2, 3}), "");
  const ColorImage many = MistakeSheet(WithMistakes(40, 1, {0, 1, 2, 3}), "");
  EXPECT_GT(many.width, 4 * one.width);
  EXPECT_GT(many.height, 3 * one.height);
}

TEST(MistakeSheet, LongTitleFits) {
  const std::string title(200, 'M');
  EXPECT_GE(MistakeSheet(WithMistakes(1, 1, {0, 1, 2, 3}), title).width, 200 * 2 * kLetterWidth);
}

TEST(MistakeSheet, NoMistakesAreATitleAlone) {
  EXPECT_GT(MistakeSheet(WithMistakes(0, 1, {}), "none").height, 0);
}

}  // namespace
}  // namespace traind
