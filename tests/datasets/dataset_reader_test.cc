#include "server/datasets/dataset_reader.h"

#include "gmock/gmock.h"
#include "tests/datasets/dataset_files.h"
#include "tests/datasets/idx_fixture.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

class DatasetReaderTest : public FolderTest {
 protected:
  InputFile File(const std::string& name, const std::string& bytes) {
    return {name, Write(name, bytes)};
  }
};

TEST_F(DatasetReaderTest, AFormatIsToldByTheNames) {
  const std::pair<const char*, v1::DatasetFormat> formats[] = {
      {"train-images-idx3-ubyte.gz", v1::DATASET_FORMAT_IDX},
      {"data.CSV", v1::DATASET_FORMAT_CSV},
      {"a/b.npz", v1::DATASET_FORMAT_NUMPY},
      {"train.safetensors", v1::DATASET_FORMAT_SAFETENSORS},
      {"cat/1.JPG", v1::DATASET_FORMAT_IMAGES}};
  for (const auto& [name, format] : formats) {
    EXPECT_EQ(FormatOf({{name, name}}).value(), format) << name;
  }
}

TEST_F(DatasetReaderTest, AnotherFormatOrNoneIsToldWithTheFile) {
  EXPECT_THAT(FormatOf({{"a.csv", ""}, {"b.png", ""}}),
              StatusIs(absl::StatusCode::kInvalidArgument, "b.png: expected files of one format"));
  EXPECT_THAT(FormatOf({{"notes.txt", ""}}),
              StatusIs(absl::StatusCode::kInvalidArgument, "notes.txt: expected a .csv"));
  EXPECT_THAT(FormatOf(std::vector<InputFile>()),
              StatusIs(absl::StatusCode::kInvalidArgument, "expected at least one"));
}

TEST_F(DatasetReaderTest, IdxFilesBecomeTheirSplits) {
  const auto content = ReadDataset({File("train-images-idx3-ubyte", IdxBytes({2, 1, 3})),
                                    File("train-labels-idx1-ubyte.gz", Gzip(IdxBytes({2}))),
                                    File("t10k-images-idx3-ubyte", IdxBytes({1, 1, 3})),
                                    File("t10k-labels-idx1-ubyte", IdxBytes({1}))},
                                   {}, Limits());
  ASSERT_OK(content);
  EXPECT_THAT(content->splits.at("train").labels, ElementsAre(0, 1));
  EXPECT_THAT(content->splits.at("test").values, ElementsAre(0, 1, 2));
  EXPECT_EQ(content->splits.at("test").shape.class_count, 2);
}

TEST_F(DatasetReaderTest, IdxFilesThatAreDamagedAreToldByTheirOwnersName) {
  EXPECT_THAT(ReadDataset({File("mine/train-images-idx3-ubyte", IdxBytes({2, 1, 3}) + "x"),
                           File("mine/train-labels-idx1-ubyte", IdxBytes({2}))},
                          {}, Limits()),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "mine/train-images-idx3-ubyte: expected the end of the file"));
  EXPECT_THAT(ReadDataset({File("train-labels-idx1-ubyte", IdxBytes({2}))}, {}, Limits()),
              StatusIs(absl::StatusCode::kInvalidArgument, "expected its split's images"));
}

TEST_F(DatasetReaderTest, SplitsHaveOneShape) {
  EXPECT_THAT(ReadDataset({File("train-images-idx3-ubyte", IdxBytes({1, 1, 3})),
                           File("train-labels-idx1-ubyte", IdxBytes({1})),
                           File("t10k-images-idx3-ubyte", IdxBytes({1, 3, 1})),
                           File("t10k-labels-idx1-ubyte", IdxBytes({1}))},
                          {}, Limits()),
              StatusIs(absl::StatusCode::kInvalidArgument, "split train: expected rows as in"));
}

}  // namespace
}  // namespace traind
