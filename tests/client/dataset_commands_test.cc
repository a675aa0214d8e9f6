// `trainctl dataset …` against a server that answers from a script.
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_traind.h"
#include "tests/client/trainctl_runner.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DatasetCommandsTest : public testing::Test {
 protected:
  DatasetCommandsTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / absl::StrCat("dataset_commands_", test->name());
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    v1::Dataset& dataset = traind_.dataset;
    dataset.set_name("iris");
    dataset.set_sha256("0123456789abcdef");
    dataset.add_class_names("setosa");
    dataset.add_class_names("virginica");
    dataset.add_feature_names("width");
    v1::DatasetSplit& split = *dataset.add_splits();
    split.set_name("train");
    split.set_row_count(120);
    split.add_row_shape(1);
    split.set_data_type(v1::DATA_TYPE_FP64);
    split.add_class_row_counts(70);
    split.add_class_row_counts(50);
    split.add_inputs()->set_mean(5.5);
  }
  ~DatasetCommandsTest() override { fs::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& bytes) {
    const fs::path path = folder_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }

  fs::path folder_;
  TrainctlRunner trainctl_;
  FakeTraind& traind_ = trainctl_.server;
};

TEST_F(DatasetCommandsTest, PushSendsTheFileAndHowItIsRead) {
  const std::string path = Write("iris.csv", "x,y\n1,a\n");
  EXPECT_EQ(trainctl_.Run({"dataset", "push", "iris", path, "--label-column", "y",
                           "--ignored-columns", "a,b", "--missing-values", "drop_row", "--splits",
                           "train=0.9,test=0.1", "--seed", "7"}),
            0)
      << trainctl_.err;
  ASSERT_EQ(traind_.pushes.size(), 1u);
  const v1::BeginDatasetPushRequest& push = traind_.pushes[0];
  EXPECT_EQ(push.name(), "iris");
  EXPECT_EQ(push.source().label_column(), "y");
  EXPECT_THAT(push.source().ignored_columns(), ElementsAre("a", "b"));
  EXPECT_EQ(push.source().missing_values(), v1::MISSING_VALUES_DROP_ROW);
  EXPECT_EQ(push.source().splits(1).name(), "test");
  EXPECT_EQ(push.source().splits(1).fraction(), 0.1);
  EXPECT_EQ(push.source().seed(), 7);
  EXPECT_EQ(push.files(0).path(), "iris.csv");
  // By sha256sum.
  EXPECT_EQ(push.sha256(), "589e819a97526c1100934252bfeacffaafec3c4dc8d6700240b1d22ecf3d86d5");
  EXPECT_EQ(traind_.pushed_bytes, "x,y\n1,a\n");
  EXPECT_EQ(trainctl_.out, "iris: train 120 of [1] FP64, 2 classes, SHA-256 0123456789ab…\n");
}

TEST_F(DatasetCommandsTest, AFolderIsPushedInTheOrderOfItsNamesWithoutHiddenFiles) {
  Write("data/b/2.png", "two");
  Write("data/a/1.png", "one");
  Write("data/.hidden", "x");
  EXPECT_EQ(trainctl_.Run({"dataset", "push", "pictures", (folder_ / "data").string()}), 0)
      << trainctl_.err;
  ASSERT_EQ(traind_.pushes.at(0).files_size(), 2);
  EXPECT_EQ(traind_.pushes[0].files(0).path(), "a/1.png");
  EXPECT_EQ(traind_.pushes[0].files(1).path(), "b/2.png");
  EXPECT_EQ(traind_.pushed_bytes, "onetwo");
}

TEST_F(DatasetCommandsTest, APushGoesOnWhereALostConnectionEndedIt) {
  std::string table = "x,y\n";
  while (table.size() < 3'000'000) table += "1,a\n";
  traind_.break_push_at = 1 << 20;
  EXPECT_EQ(
      trainctl_.Run({"dataset", "push", "big", Write("big.csv", table), "--label-column", "y"}), 0)
      << trainctl_.err;
  EXPECT_EQ(traind_.pushes.size(), 2u);
  EXPECT_TRUE(traind_.pushed_bytes == table);
}

TEST_F(DatasetCommandsTest, AnAbsentFileIsToldBeforeAnythingIsSent) {
  EXPECT_EQ(trainctl_.Run({"dataset", "push", "iris", (folder_ / "no.csv").string()}), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("no.csv: no such file or folder"));
  EXPECT_TRUE(traind_.pushes.empty());
}

TEST_F(DatasetCommandsTest, ASplitWithoutAShareIsBadUsage) {
  EXPECT_EQ(trainctl_.Run({"dataset", "push", "iris", "x.csv", "--splits", "train"}), 2);
  EXPECT_THAT(trainctl_.err, HasSubstr("expected shares such as train=0.8,test=0.2"));
}

TEST_F(DatasetCommandsTest, ListShowsALineForEach) {
  *traind_.datasets.add_datasets() = traind_.dataset;
  traind_.datasets.add_datasets()->set_name("broken");
  EXPECT_EQ(trainctl_.Run({"dataset", "list"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, HasSubstr("iris     train 120"));
  EXPECT_THAT(trainctl_.out, HasSubstr("broken   damaged"));
}

TEST_F(DatasetCommandsTest, DescribeShowsClassesAndStatisticsByName) {
  EXPECT_EQ(trainctl_.Run({"dataset", "describe", "iris"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, HasSubstr("setosa      70"));
  EXPECT_THAT(trainctl_.out, HasSubstr("width     5.5"));
  EXPECT_THAT(trainctl_.out, HasSubstr("SHA-256   0123456789abcdef"));
}

TEST_F(DatasetCommandsTest, PreviewShowsFeaturesAsATable) {
  v1::Tensor& values = *traind_.rows.mutable_images();
  values.set_data_type(v1::DATA_TYPE_FP64);
  values.add_shape(2);
  values.add_shape(1);
  const double numbers[] = {5.1, 6};
  values.set_data(numbers, sizeof(numbers));
  traind_.rows.add_labels(1);
  traind_.rows.add_labels(0);
  traind_.rows.add_class_names("setosa");
  traind_.rows.add_class_names("virginica");
  traind_.rows.add_feature_names("width");
  traind_.rows.set_split_row_count(120);
  EXPECT_EQ(trainctl_.Run({"dataset", "preview", "iris:test", "--rows", "3,5"}), 0)
      << trainctl_.err;
  EXPECT_EQ(traind_.row_requests.at(0).split(), "test");
  EXPECT_EQ(trainctl_.out,
            "ROW   width   CLASS\n"
            "3     5.1     virginica\n"
            "5     6       setosa\n"
            "of 120 rows\n");
}

TEST_F(DatasetCommandsTest, DeleteSaysWhatIsFreed) {
  traind_.deleted_dataset.set_freed_bytes(2048);
  EXPECT_EQ(trainctl_.Run({"dataset", "delete", "iris"}), 0) << trainctl_.err;
  EXPECT_THAT(traind_.dataset_deletes, ElementsAre("iris"));
  EXPECT_EQ(trainctl_.out, "iris deleted, 2.0 KiB freed\n");
}

}  // namespace
}  // namespace traind
