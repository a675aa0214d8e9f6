#include "server/datasets/dataset_directory.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/datasets/idx_fixture.h"

namespace traind {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kTrainImages[] = "digits/train-images-idx3-ubyte";
constexpr char kTrainLabels[] = "digits/train-labels-idx1-ubyte";

class DatasetDirectoryTest : public FolderTest {
 protected:
  // Four images of 2 by 3 pixels, and their labels.
  void WriteTrainSplit() {
    Write(kTrainImages, IdxBytes({4, 2, 3}));
    Write(kTrainLabels, IdxBytes({4}));
  }

  DatasetDirectory directory() const { return DatasetDirectory(folder_); }
};

TEST_F(DatasetDirectoryTest, ReadsImagesWithTheirLabels) {
  WriteTrainSplit();
  const absl::StatusOr<Split> split = directory().ReadSplit("digits", "train");
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_EQ(split->shape.row_count, 4);
  EXPECT_THAT(split->shape.row_shape, ElementsAre(1, 2, 3));
  EXPECT_THAT(split->labels, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(split->row(1), ElementsAre(6, 7, 8, 9, 10, 11));
}

TEST_F(DatasetDirectoryTest, ReadsGzippedFiles) {
  Write(std::string(kTrainImages) + ".gz", Gzip(IdxBytes({4, 2, 3})));
  Write(std::string(kTrainLabels) + ".gz", Gzip(IdxBytes({4})));
  const absl::StatusOr<Split> split = directory().ReadSplit("digits", "train");
  ASSERT_TRUE(split.ok()) << split.status();
  EXPECT_THAT(split->row(3), ElementsAre(18, 19, 20, 21, 22, 23));
}

TEST_F(DatasetDirectoryTest, TestSplitLiesInTheFilesNamedT10k) {
  Write("digits/t10k-images-idx3-ubyte", IdxBytes({1, 1, 1}));
  Write("digits/t10k-labels-idx1-ubyte", IdxBytes({1}));
  EXPECT_TRUE(directory().ReadSplit("digits", "test").ok());
  EXPECT_EQ(MessageOf(directory().ReadSplit("digits", "t10k").status()),
            "no split `t10k` of dataset `digits` in " + folder_ + "/digits; known splits: test");
}

TEST_F(DatasetDirectoryTest, InspectionGivesTheShapeOfTheSplit) {
  WriteTrainSplit();
  const absl::StatusOr<SplitShape> shape = directory().InspectSplit("digits", "train");
  ASSERT_TRUE(shape.ok()) << shape.status();
  EXPECT_EQ(shape->row_count, 4);
  EXPECT_THAT(shape->row_shape, ElementsAre(1, 2, 3));
}

TEST_F(DatasetDirectoryTest, UnknownDatasetListsTheKnownOnesAndTheRemedy) {
  WriteTrainSplit();
  Write("letters/readme", "");
  const absl::Status status = directory().ReadSplit("mnist", "train").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(status), "no dataset `mnist` in " + folder_ +
                                   "; known datasets: digits, letters; scripts/setup fetches "
                                   "mnist, other datasets go into a subfolder there");
}

TEST_F(DatasetDirectoryTest, AbsentRootHasNoDatasets) {
  const absl::Status status = DatasetDirectory(folder_ + "/no").ReadSplit("a", "train").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(MessageOf(status), HasSubstr("known datasets: none"));
}

TEST_F(DatasetDirectoryTest, UnknownSplitListsTheKnownOnes) {
  WriteTrainSplit();
  Write("digits/t10k-images-idx3-ubyte.gz", "");
  const absl::Status status = directory().InspectSplit("digits", "validation").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(status), "no split `validation` of dataset `digits` in " + folder_ +
                                   "/digits; known splits: test, train");
}

TEST_F(DatasetDirectoryTest, NamesCannotLeaveTheFolder) {
  for (const char* name : {"..", "a/b", "", ".hidden", "a b", "a\n"}) {
    EXPECT_EQ(directory().ReadSplit(name, "train").status().code(),
              absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(directory().ReadSplit("digits", name).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(MessageOf(directory().ReadSplit("../x", "train").status()),
            "dataset name: expected 1 to 63 letters, digits, `-` and `_`, got `../x`");
}

TEST_F(DatasetDirectoryTest, UnequalRowCountsAreDataLoss) {
  Write(kTrainImages, IdxBytes({4, 2, 3}));
  const std::string labels = Write(kTrainLabels, IdxBytes({3}));
  for (const absl::Status& status : {directory().ReadSplit("digits", "train").status(),
                                     directory().InspectSplit("digits", "train").status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(MessageOf(status),
              labels + ": expected 4 labels, one per image, got 3; fetch the dataset again");
  }
}

TEST_F(DatasetDirectoryTest, ImagesWithoutLabelsAreDataLoss) {
  const std::string images = Write(kTrainImages, IdxBytes({4, 2, 3}));
  const absl::Status status = directory().ReadSplit("digits", "train").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(MessageOf(status), images +
                                   ": expected train-labels-idx1-ubyte or its .gz beside it, got "
                                   "none; fetch the dataset again");
}

TEST_F(DatasetDirectoryTest, LabelsInPlaceOfImagesAreDataLoss) {
  Write(kTrainImages, IdxBytes({4}));
  Write(kTrainLabels, IdxBytes({4}));
  EXPECT_EQ(directory().ReadSplit("digits", "train").status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace traind
