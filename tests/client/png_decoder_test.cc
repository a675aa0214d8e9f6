#include "client/trainctl/png_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/png_writer.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

std::vector<uint8_t> PixelsOf(const PngSpec& spec, uint8_t background = 0) {
  const absl::StatusOr<GrayImage> image = DecodePng(WritePng(spec), background);
  EXPECT_TRUE(image.ok()) << image.status();
  return image.ok() ? image->pixels : std::vector<uint8_t>();
}

TEST(PngDecoderTest, EightBitGreysAreTakenAsTheyAre) {
  const absl::StatusOr<GrayImage> image =
      DecodePng(WritePng({.width = 3, .height = 2, .bytes = {0, 1, 2, 253, 254, 255}}), 0);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->width, 3);
  EXPECT_EQ(image->height, 2);
  EXPECT_THAT(image->pixels, ElementsAre(0, 1, 2, 253, 254, 255));
}

TEST(PngDecoderTest, LowBitDepthsFillTheWholeRange) {
  EXPECT_THAT(PixelsOf({.width = 4, .height = 1, .bit_depth = 1, .bytes = {0b10100000}}),
              ElementsAre(255, 0, 255, 0));
  EXPECT_THAT(PixelsOf({.width = 4, .height = 1, .bit_depth = 2, .bytes = {0b00011011}}),
              ElementsAre(0, 85, 170, 255));
  EXPECT_THAT(PixelsOf({.width = 2, .height = 1, .bit_depth = 4, .bytes = {0x1F}}),
              ElementsAre(17, 255));
}

TEST(PngDecoderTest, SixteenBitsAreScaledToEight) {
  EXPECT_THAT(PixelsOf({.width = 3,
                        .height = 1,
                        .bit_depth = 16,
                        .bytes = {0x00, 0x00, 0x80, 0x80, 0xFF, 0xFF}}),
              ElementsAre(0, 128, 255));
}

// Expected greys: Pillow's Image.convert("L").
TEST(PngDecoderTest, ColoursBecomeTheirLuma) {
  EXPECT_THAT(PixelsOf({.width = 4,
                        .height = 1,
                        .color_type = PNG_COLOR_TYPE_RGB,
                        .bytes = {255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30}}),
              ElementsAre(76, 150, 29, 18));
}

TEST(PngDecoderTest, PaletteIsLookedUp) {
  EXPECT_THAT(PixelsOf({.width = 2,
                        .height = 1,
                        .color_type = PNG_COLOR_TYPE_PALETTE,
                        .bytes = {1, 0},
                        .palette = {{255, 255, 255}, {255, 0, 0}}}),
              ElementsAre(76, 255));
}

TEST(PngDecoderTest, TransparentPixelsShowTheBackground) {
  const PngSpec spec{.width = 3,
                     .height = 1,
                     .color_type = PNG_COLOR_TYPE_GRAY_ALPHA,
                     .bytes = {200, 255, 200, 0, 0, 128}};
  EXPECT_THAT(PixelsOf(spec, 0), ElementsAre(200, 0, 0));
  EXPECT_THAT(PixelsOf(spec, 255), ElementsAre(200, 255, 127));
  EXPECT_THAT(PixelsOf({.width = 1,
                        .height = 1,
                        .color_type = PNG_COLOR_TYPE_RGB_ALPHA,
                        .bytes = {255, 0, 0, 0}},
                       9),
              ElementsAre(9));
}

TEST(PngDecoderTest, InterlacedFilesDecodeTheSame) {
  std::vector<uint8_t> pixels(28 * 28);
  for (size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<uint8_t>(i * 7);
  EXPECT_THAT(PixelsOf({.width = 28, .height = 28, .bytes = pixels, .interlaced = true}),
              ElementsAreArray(pixels));
}

TEST(PngDecoderTest, AnotherFormatIsToldToBeNoPng) {
  const absl::Status status = DecodePng("\xFF\xD8\xFF\xE0 JFIF file", 0).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("not a PNG"));
  EXPECT_FALSE(DecodePng("", 0).ok());
}

TEST(PngDecoderTest, FileCutAnywhereIsDamaged) {
  const std::string file =
      WritePng({.width = 4, .height = 4, .bytes = std::vector<uint8_t>(16, 99)});
  for (size_t size = 8; size < file.size(); ++size) {
    const absl::Status status = DecodePng(file.substr(0, size), 0).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << size;
    EXPECT_THAT(std::string(status.message()), HasSubstr("damaged PNG")) << size;
  }
}

TEST(PngDecoderTest, HugeSidesAreRefused) {
  const std::string file =
      WritePng({.width = 8193, .height = 1, .bytes = std::vector<uint8_t>(8193)});
  EXPECT_FALSE(DecodePng(file, 0).ok());
}

}  // namespace
}  // namespace traind
