#include "server/datasets/dataset_directory.h"

#include <google/protobuf/text_format.h>

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/datasets/dataset_content.h"
#include "server/datasets/dataset_description.h"
#include "server/datasets/stored_split.h"
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
                                   "; known datasets: digits, letters; bring one with "
                                   "`trainctl dataset push`; scripts/setup fetches mnist");
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
                                   ": expected its split's labels or their .gz beside it, got "
                                   "none; fetch the dataset again");
}

TEST_F(DatasetDirectoryTest, LabelsInPlaceOfImagesAreDataLoss) {
  Write(kTrainImages, IdxBytes({4}));
  Write(kTrainLabels, IdxBytes({4}));
  EXPECT_EQ(directory().ReadSplit("digits", "train").status().code(), absl::StatusCode::kDataLoss);
}

// A dataset as a push leaves it.
class StoredDatasetTest : public DatasetDirectoryTest {
 protected:
  StoredDatasetTest() {
    DatasetContent content;
    content.splits["train"] = Rows({1, 2, 3}, {0, 1, 0});
    content.splits["test"] = Rows({4}, {1});
    content.class_names = {"no", "yes"};
    description_ = DescribeDataset("words", content);
    std::string text;
    google::protobuf::TextFormat::PrintToString(description_, &text);
    Write("words/dataset.textproto", text);
    for (const auto& [name, split] : content.splits) {
      Write("words/" + name + ".safetensors", *EncodeSplit(split));
    }
  }

  static Split Rows(std::vector<uint8_t> values, std::vector<int64_t> labels) {
    Split split;
    split.shape = {.row_count = static_cast<int64_t>(values.size()), .row_shape = {1}};
    split.values = std::move(values);
    split.labels = std::move(labels);
    return split;
  }

  v1::Dataset description_;
};

TEST_F(StoredDatasetTest, SplitsAreReadWithTheNumberOfClasses) {
  const absl::StatusOr<std::vector<Split>> splits =
      directory().ReadSplits("words", {"train", "test"}, description_.sha256());
  ASSERT_TRUE(splits.ok()) << splits.status();
  EXPECT_THAT(splits->front().values, ElementsAre(1, 2, 3));
  EXPECT_THAT(splits->back().labels, ElementsAre(1));
  EXPECT_EQ(directory().InspectSplit("words", "train")->class_count, 2);
}

TEST_F(StoredDatasetTest, AnotherSha256ThanExpectedIsRefused) {
  const absl::Status status =
      directory().ReadSplits("words", {"train"}, std::string(64, 'a')).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(MessageOf(status), HasSubstr(description_.sha256()));
}

TEST_F(StoredDatasetTest, AByteThatHasChangedIsDataLoss) {
  Write("words/train.safetensors", *EncodeSplit(Rows({1, 2, 4}, {0, 1, 0})));
  const absl::Status status = directory().ReadSplit("words", "train").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(MessageOf(status), HasSubstr("train.safetensors: expected SHA-256"));
}

TEST_F(StoredDatasetTest, ADescriptionThatHasChangedIsDataLoss) {
  description_.set_class_names(0, "never");
  std::string text;
  google::protobuf::TextFormat::PrintToString(description_, &text);
  Write("words/dataset.textproto", text);
  EXPECT_EQ(directory().Describe("words").status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(StoredDatasetTest, UnknownSplitsAreToldWithTheKnownOnes) {
  EXPECT_THAT(MessageOf(directory().ReadSplit("words", "dev").status()),
              HasSubstr("known splits: test, train"));
}

TEST_F(StoredDatasetTest, RowsAreReadInTheOrderThatIsAskedFor) {
  const absl::StatusOr<Split> rows = directory().ReadRows("words", "train", {2, 0});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(rows->values, ElementsAre(3, 1));
  EXPECT_EQ(directory().ReadRows("words", "train", {3}).status().code(),
            absl::StatusCode::kOutOfRange);
}

TEST_F(DatasetDirectoryTest, FilesThatPeoplePutThereHaveASha256Too) {
  WriteTrainSplit();
  const DatasetDirectory datasets = directory();
  const absl::StatusOr<v1::Dataset> before = datasets.Describe("digits");
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_TRUE(datasets.ReadSplits("digits", {"train"}, before->sha256()).ok());
  Write(kTrainLabels, IdxHeader({4}) + std::string(4, '\1'));
  EXPECT_NE(datasets.Describe("digits")->sha256(), before->sha256());
  EXPECT_EQ(datasets.ReadSplits("digits", {"train"}, before->sha256()).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(DatasetDirectoryTest, HiddenFoldersAreNoDatasets) {
  WriteTrainSplit();
  Write(".pushing/abc/push.binpb", "");
  EXPECT_THAT(directory().List(), ElementsAre("digits"));
}

}  // namespace
}  // namespace traind
