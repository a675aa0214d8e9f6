// Against pictures that Pillow wrote, see fixtures/make_fixtures.py.
#include "server/datasets/image_folder.h"

#include <cstdlib>

#include "gmock/gmock.h"
#include "server/datasets/raster_image.h"
#include "tests/datasets/dataset_files.h"
#include "tests/datasets/idx_fixture.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr int64_t kFolderBytesMax = 1 << 20;

// The fixtures' picture: a slope from left to right and from top to bottom.
int Slope(int y, int x) { return 10 * y + 5 * x; }

class ImageFolderTest : public FolderTest {
 protected:
  // A fixture under this name.
  InputFile Picture(const std::string& name, const std::string& fixture) {
    return {name, Write(name, FixtureBytes(fixture))};
  }

  static v1::DatasetSource OneSplit() {
    v1::DatasetSource source;
    source.add_splits()->set_name("all");
    source.mutable_splits(0)->set_fraction(1);
    return source;
  }
};

TEST_F(ImageFolderTest, FoldersAreClassesInTheirOrder) {
  const auto content =
      ReadImageFolder({Picture("dog/1.png", "grey.png"), Picture("cat/2.png", "grey.png")},
                      OneSplit(), kFolderBytesMax);
  ASSERT_OK(content);
  const Split& split = content->splits.at("all");
  EXPECT_THAT(content->class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(split.labels, ElementsAre(1, 0));
  EXPECT_THAT(split.shape.row_shape, ElementsAre(1, 8, 16));
  EXPECT_EQ(split.row(0)[16 + 2], Slope(1, 2));
}

TEST_F(ImageFolderTest, FoldersAboveThoseAreSplits) {
  const auto content = ReadImageFolder(
      {Picture("train/cat/1.png", "grey.png"), Picture("test/cat/1.png", "grey.png")}, {},
      kFolderBytesMax);
  ASSERT_OK(content);
  EXPECT_EQ(content->splits.at("train").shape.row_count, 1);
  EXPECT_EQ(content->splits.at("test").shape.row_count, 1);
}

TEST_F(ImageFolderTest, GreyAmongColoursBecomesColour) {
  const auto content =
      ReadImageFolder({Picture("a/1.png", "grey.png"), Picture("a/2.png", "colours.png"),
                       Picture("a/3.png", "grey.png")},
                      OneSplit(), kFolderBytesMax);
  ASSERT_OK(content);
  const Split& split = content->splits.at("all");
  EXPECT_THAT(split.shape.row_shape, ElementsAre(3, 8, 16));
  for (int channel = 0; channel < 3; ++channel) {
    EXPECT_EQ(split.row(0)[channel * 128 + 18], Slope(1, 2));
    EXPECT_EQ(split.row(2)[channel * 128 + 18], Slope(1, 2));
  }
  EXPECT_EQ(split.row(1)[18], Slope(1, 2));
  EXPECT_EQ(split.row(1)[128 + 18], 255 - Slope(1, 2));
  EXPECT_EQ(split.row(1)[256 + 18], Slope(1, 2) / 2);
}

TEST_F(ImageFolderTest, AnotherSizeIsToldWithBothFiles) {
  const RasterImage small = *DecodePng(FixtureBytes("grey.png"));
  ASSERT_EQ(small.size.width, 16);
  // A PNG of one pixel.
  const std::string pixel(
      "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\0\0\0\nIDAT"
      "x\x9c\x63\x60\0\0\0\x02\0\x01\x48\xaf\xa4\x71\0\0\0\0IEND\xae\x42\x60\x82",
      67);
  EXPECT_THAT(
      ReadImageFolder({Picture("a/1.png", "grey.png"), {"a/2.png", Write("a/2.png", pixel)}},
                      OneSplit(), kFolderBytesMax),
      StatusIs(absl::StatusCode::kInvalidArgument,
               "a/2.png: expected 16x8 pixels as a/1.png, got 1x1"));
}

TEST_F(ImageFolderTest, ADamagedPictureIsToldWithItsName) {
  const std::string file = FixtureBytes("colours.jpg");
  EXPECT_THAT(ReadImageFolder({{"a/1.jpg", Write("a/1.jpg", file.substr(0, file.size() / 2))}},
                              OneSplit(), kFolderBytesMax),
              StatusIs(absl::StatusCode::kInvalidArgument, "a/1.jpg: damaged JPEG"));
  EXPECT_THAT(ReadImageFolder({{"a/1.png", Write("a/1.png", "text")}}, OneSplit(), kFolderBytesMax),
              StatusIs(absl::StatusCode::kInvalidArgument, "a/1.png: expected a PNG or JPEG"));
}

TEST_F(ImageFolderTest, PicturesLieAtOneDepth) {
  EXPECT_THAT(
      ReadImageFolder({Picture("a/1.png", "grey.png"), Picture("a/b/1.png", "grey.png")},
                      OneSplit(), kFolderBytesMax),
      StatusIs(absl::StatusCode::kInvalidArgument, "a/b/1.png: expected pictures at one depth"));
  EXPECT_THAT(ReadImageFolder({Picture("1.png", "grey.png")}, OneSplit(), kFolderBytesMax),
              StatusIs(absl::StatusCode::kInvalidArgument, "1.png: expected pictures in CLASS/"));
}

TEST_F(ImageFolderTest, MoreBytesThanADatasetMayHaveAreRefused) {
  EXPECT_THAT(ReadImageFolder({Picture("a/1.png", "grey.png")}, OneSplit(), 127),
              StatusIs(absl::StatusCode::kResourceExhausted, "a/1.png"));
}

// Largest distance from the picture that was encoded; JPEG is not exact.
int Distance(const RasterImage& image) {
  int largest = 0;
  const int64_t channels = image.size.channels;
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 16; ++x) {
      const int slope = Slope(y, x);
      const int expected[] = {slope, 255 - slope, slope / 2};
      for (int64_t c = 0; c < channels; ++c) {
        const int got = image.pixels[static_cast<size_t>((y * 16 + x) * channels + c)];
        largest = std::max(largest, std::abs(got - expected[c]));
      }
    }
  }
  return largest;
}

TEST(RasterImage, PngIsExactAndJpegClose) {
  EXPECT_EQ(Distance(*DecodeImage(FixtureBytes("grey.png"))), 0);
  EXPECT_EQ(Distance(*DecodeImage(FixtureBytes("colours.png"))), 0);
  EXPECT_LE(Distance(*DecodeImage(FixtureBytes("grey.jpg"))), 4);
  EXPECT_LE(Distance(*DecodeImage(FixtureBytes("colours.jpg"))), 8);
}

TEST(RasterImage, APaletteBecomesColours) {
  const absl::StatusOr<RasterImage> image = DecodeImage(FixtureBytes("palette.png"));
  ASSERT_OK(image);
  EXPECT_EQ(image->size, (RasterSize{3, 8, 16}));
}

TEST(RasterImage, ColoursForPrintersAreRefused) {
  EXPECT_THAT(DecodeImage(FixtureBytes("cmyk.jpg")),
              StatusIs(absl::StatusCode::kInvalidArgument, "damaged JPEG"));
}

}  // namespace
}  // namespace traind
