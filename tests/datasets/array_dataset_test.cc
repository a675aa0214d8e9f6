// Against files that NumPy and safetensors wrote, see fixtures/make_fixtures.py.
#include "server/datasets/array_dataset.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/datasets/npy_array.h"
#include "server/datasets/zip_archive.h"
#include "tests/datasets/dataset_files.h"
#include "tests/datasets/idx_fixture.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr int64_t kBytesMax = 1 << 20;

v1::DatasetSource OneSplit() {
  v1::DatasetSource source;
  source.add_splits()->set_name("all");
  source.mutable_splits(0)->set_fraction(1);
  return source;
}

absl::StatusOr<DatasetContent> Read(const std::vector<std::string>& names,
                                    const v1::DatasetSource& source) {
  std::vector<InputFile> files;
  for (const std::string& name : names) files.push_back({name, FixturePath(name)});
  absl::StatusOr<std::vector<NamedArray>> arrays = ReadArrays(files, kBytesMax);
  if (!arrays.ok()) return arrays.status();
  return MakeArrayDataset(*std::move(arrays), source);
}

NamedArray Array(const std::string& name, NumberType type, std::vector<int64_t> shape,
                 std::vector<uint8_t> bytes) {
  return {name, name, "arrays.npz", type, std::move(shape), std::move(bytes)};
}

// The fixture's x: 0, 1/8, 2/8 and so on.
std::vector<float> Eighths(int count) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(i) / 8);
  return values;
}

TEST(ArrayDataset, ArraysOfNumpyHaveTheirSplitsInTheirNames) {
  const auto content = Read({"splits.npz"}, {});
  ASSERT_OK(content);
  const Split& train = content->splits.at("train");
  EXPECT_EQ(train.shape.element_type, ElementType::kFloat32);
  EXPECT_THAT(train.shape.row_shape, ElementsAre(4));
  EXPECT_EQ(ValuesOf<float>(train), Eighths(24));
  EXPECT_THAT(train.labels, ElementsAre(0, 1, 2, 0, 1, 2));
  EXPECT_EQ(ValuesOf<float>(content->splits.at("test")), Eighths(8));
}

TEST(ArrayDataset, FloatsToPredictAreTargets) {
  const auto content = Read({"whole.npz"}, OneSplit());
  ASSERT_OK(content);
  const Split& split = content->splits.at("all");
  EXPECT_EQ(split.shape.target_count, 1);
  EXPECT_THAT(split.targets, ElementsAre(0, 0.5, 1, 1.5, 2, 2.5));
}

TEST(ArrayDataset, SafetensorsHoldTheSame) {
  const auto content = Read({"whole.safetensors"}, OneSplit());
  ASSERT_OK(content);
  EXPECT_EQ(ValuesOf<float>(content->splits.at("all")), Eighths(24));
  EXPECT_THAT(content->splits.at("all").labels, ElementsAre(0, 1, 2, 0, 1, 2));
}

TEST(ArrayDataset, HalfPrecisionBecomesSingle) {
  const absl::StatusOr<NamedArray> array = ParseNpy(FixtureBytes("half.npy"), kBytesMax);
  ASSERT_OK(array);
  const std::vector<float> expected = Eighths(24);
  EXPECT_EQ(ToDoubles(*array), std::vector<double>(expected.begin(), expected.end()));
}

TEST(ArrayDataset, PixelsWithChannelsLastAreTurned) {
  // Two pictures of 2x2 with 3 channels; channel c of pixel p of row n is 100n + 10p + c.
  std::vector<uint8_t> bytes;
  for (int row = 0; row < 2; ++row) {
    for (int pixel = 0; pixel < 4; ++pixel) {
      for (int c = 0; c < 3; ++c) bytes.push_back(static_cast<uint8_t>(100 * row + 10 * pixel + c));
    }
  }
  const auto content = MakeArrayDataset({Array("x", NumberType::kUint8, {2, 2, 2, 3}, bytes),
                                         Array("y", NumberType::kUint8, {2}, {0, 1})},
                                        OneSplit());
  ASSERT_OK(content);
  const Split& split = content->splits.at("all");
  EXPECT_THAT(split.shape.row_shape, ElementsAre(3, 2, 2));
  EXPECT_THAT(split.row(1),
              ElementsAre(100, 110, 120, 130, 101, 111, 121, 131, 102, 112, 122, 132));
}

TEST(ArrayDataset, GreyPicturesGetTheirOneChannel) {
  const auto content =
      MakeArrayDataset({Array("images", NumberType::kUint8, {1, 2, 3}, {0, 1, 2, 3, 4, 5}),
                        Array("labels", NumberType::kUint8, {1, 1}, {3})},
                       OneSplit());
  ASSERT_OK(content);
  EXPECT_THAT(content->splits.at("all").shape.row_shape, ElementsAre(1, 2, 3));
  EXPECT_THAT(content->splits.at("all").labels, ElementsAre(3));
}

TEST(ArrayDataset, ANegativeClassIsToldWithItsRow) {
  EXPECT_THAT(MakeArrayDataset({Array("x", NumberType::kUint8, {2, 1}, {0, 0}),
                                Array("y", NumberType::kInt8, {2}, {0, 0xff})},
                               OneSplit()),
              StatusIs(absl::StatusCode::kInvalidArgument, "y: row 1: expected a class from 0"));
}

TEST(ArrayDataset, ANumberThatIsNotFiniteIsToldWithItsRow) {
  std::vector<uint8_t> bytes(16, 0);
  bytes[14] = 0x80;  // the last of four float32: infinity is 7f800000
  bytes[15] = 0x7f;
  EXPECT_THAT(MakeArrayDataset({Array("x", NumberType::kFloat32, {2, 2}, bytes),
                                Array("y", NumberType::kUint8, {2}, {0, 0})},
                               OneSplit()),
              StatusIs(absl::StatusCode::kInvalidArgument, "x: row 1: expected finite numbers"));
}

TEST(ArrayDataset, XAndYNeedOneRowEach) {
  EXPECT_THAT(MakeArrayDataset({Array("x", NumberType::kUint8, {2, 1}, {0, 0}),
                                Array("y", NumberType::kUint8, {3}, {0, 0, 0})},
                               OneSplit()),
              StatusIs(absl::StatusCode::kInvalidArgument, "y: expected [2] or [2, T]"));
}

TEST(ArrayDataset, WithoutYItIsNoDataset) {
  EXPECT_THAT(MakeArrayDataset({Array("x_train", NumberType::kUint8, {1, 1}, {0})}, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, "expected y of the split train"));
}

TEST(ArrayDataset, OtherNamesAreToldWithTheGoodOnes) {
  EXPECT_THAT(MakeArrayDataset({Array("foo", NumberType::kUint8, {1}, {0})}, {}),
              StatusIs(absl::StatusCode::kInvalidArgument, "named x and y, or x_train"));
}

TEST(NpyArray, ObjectsAreRefusedSinceAPickleIsNeverOpened) {
  EXPECT_THAT(ParseNpy(FixtureBytes("objects.npy"), kBytesMax),
              StatusIs(absl::StatusCode::kInvalidArgument, "a pickle is never opened"));
}

TEST(NpyArray, BigEndianAndColumnMajorAreRefusedWithTheRemedy) {
  EXPECT_THAT(ParseNpy(FixtureBytes("big_endian.npy"), kBytesMax),
              StatusIs(absl::StatusCode::kInvalidArgument, "a.astype('<f4')"));
  EXPECT_THAT(ParseNpy(FixtureBytes("columns.npy"), kBytesMax),
              StatusIs(absl::StatusCode::kInvalidArgument, "numpy.ascontiguousarray"));
}

TEST(NpyArray, AFileThatIsCutOffIsToldWithTheByte) {
  const std::string file = FixtureBytes("x.npy");
  EXPECT_THAT(ParseNpy(file.substr(0, file.size() - 1), kBytesMax),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "byte 128: 96 bytes of numbers should follow, there are 95"));
  EXPECT_THAT(ParseNpy(file.substr(0, 9), kBytesMax),
              StatusIs(absl::StatusCode::kInvalidArgument, "it ends at byte 8"));
  EXPECT_THAT(ParseNpy("not numpy", kBytesMax),
              StatusIs(absl::StatusCode::kInvalidArgument, "its first bytes"));
}

TEST(NpyArray, AShapeThatPromisesTooMuchIsRefused) {
  EXPECT_THAT(ParseNpy(FixtureBytes("x.npy"), 95),
              StatusIs(absl::StatusCode::kResourceExhausted, "6 x 4"));
}

TEST(ZipArchive, DamageIsFoundByItsChecksum) {
  std::string file = FixtureBytes("whole.npz");  // stored, so a byte of data is a byte of the file
  EXPECT_THAT(*ReadZip(file, kBytesMax),
              UnorderedElementsAre(testing::Field(&ZipEntry::name, "x.npy"),
                                   testing::Field(&ZipEntry::name, "y.npy")));
  file[200] = static_cast<char>(file[200] + 1);
  EXPECT_THAT(ReadZip(file, kBytesMax),
              StatusIs(absl::StatusCode::kInvalidArgument, "expected a whole ZIP archive"));
}

TEST(ZipArchive, MoreBytesThanADatasetMayHaveAreRefused) {
  EXPECT_THAT(ReadZip(FixtureBytes("whole.npz"), 100),
              StatusIs(absl::StatusCode::kResourceExhausted, "unpacks to more bytes"));
}

}  // namespace
}  // namespace traind
