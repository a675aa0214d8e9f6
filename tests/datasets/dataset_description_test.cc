#include "server/datasets/dataset_description.h"

#include <cmath>

#include "gmock/gmock.h"
#include "server/datasets/content_hash.h"
#include "server/datasets/stored_split.h"
#include "tests/datasets/dataset_files.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

// Two rows of two features.
Split Numbers(std::vector<double> values) {
  Split split;
  split.shape = {.row_count = 2, .row_shape = {2}, .element_type = ElementType::kFloat64};
  split.values.resize(values.size() * sizeof(double));
  std::memcpy(split.values.data(), values.data(), split.values.size());
  split.labels = {2, 0};
  return split;
}

TEST(DatasetDescription, StatisticsAreOfEachFeature) {
  const v1::DatasetSplit split = DescribeSplit("train", Numbers({1, 10, 4, 10}));
  ASSERT_EQ(split.inputs_size(), 2);
  EXPECT_DOUBLE_EQ(split.inputs(0).mean(), 2.5);
  EXPECT_DOUBLE_EQ(split.inputs(0).standard_deviation(), 1.5);
  EXPECT_EQ(split.inputs(0).minimum(), 1);
  EXPECT_EQ(split.inputs(0).maximum(), 4);
  EXPECT_EQ(split.inputs(1).standard_deviation(), 0);
  EXPECT_THAT(split.class_row_counts(), ElementsAre(1, 0, 1));
}

TEST(DatasetDescription, StatisticsOfPixelsAreOfEachChannelAndOfShares) {
  Split split;
  split.shape = {.row_count = 2, .row_shape = {2, 1, 2}};
  split.values = {0, 255, 51, 51, 0, 255, 51, 51};
  split.labels = {0, 0};
  const v1::DatasetSplit described = DescribeSplit("train", split);
  ASSERT_EQ(described.inputs_size(), 2);
  EXPECT_DOUBLE_EQ(described.inputs(0).mean(), 0.5);
  EXPECT_DOUBLE_EQ(described.inputs(0).standard_deviation(), 0.5);
  EXPECT_DOUBLE_EQ(described.inputs(1).mean(), 0.2);
  EXPECT_EQ(described.inputs(1).maximum(), 0.2);
}

TEST(DatasetDescription, LargeNumbersCloseTogetherKeepTheirDeviation) {
  const v1::DatasetSplit split = DescribeSplit("train", Numbers({1e9 + 1, 0, 1e9 + 3, 0}));
  EXPECT_DOUBLE_EQ(split.inputs(0).standard_deviation(), 1);
}

TEST(DatasetDescription, ASha256ChangesWithAnyOfTheContent) {
  const Split split = Numbers({1, 2, 3, 4});
  Split other_value = split;
  other_value.values[0] ^= 1;
  Split other_label = split;
  other_label.labels[0] = 1;
  Split other_shape = split;
  other_shape.shape.row_shape = {1, 2};
  EXPECT_EQ(SplitSha256(split), SplitSha256(Numbers({1, 2, 3, 4})));
  EXPECT_NE(SplitSha256(split), SplitSha256(other_value));
  EXPECT_NE(SplitSha256(split), SplitSha256(other_label));
  EXPECT_NE(SplitSha256(split), SplitSha256(other_shape));
}

TEST(DatasetDescription, ADatasetsSha256IsOfItsContentAndNotOfItsName) {
  DatasetContent content;
  content.splits["train"] = Numbers({1, 2, 3, 4});
  content.class_names = {"a", "b", "c"};
  const std::string sha256 = DescribeDataset("one", content).sha256();
  EXPECT_EQ(DescribeDataset("two", content).sha256(), sha256);
  content.class_names[1] = "x";
  EXPECT_NE(DescribeDataset("one", content).sha256(), sha256);
}

TEST(StoredSplit, IsReadAsItWasWritten) {
  const Split split = Numbers({1, 2, 3, 4});
  const absl::StatusOr<std::string> file = EncodeSplit(split);
  ASSERT_OK(file);
  const absl::StatusOr<Split> read = DecodeSplit(*file);
  ASSERT_OK(read);
  EXPECT_EQ(SplitSha256(*read), SplitSha256(split));
}

TEST(StoredSplit, SomeRowsCanBeReadAlone) {
  const absl::StatusOr<Split> rows = DecodeRows(*EncodeSplit(Numbers({1, 2, 3, 4})), {1, 1});
  ASSERT_OK(rows);
  EXPECT_THAT(ValuesOf<double>(*rows), ElementsAre(3, 4, 3, 4));
  EXPECT_THAT(rows->labels, ElementsAre(0, 0));
  EXPECT_THAT(DecodeRows(*EncodeSplit(Numbers({1, 2, 3, 4})), {2}),
              StatusIs(absl::StatusCode::kOutOfRange, "expected rows 0 to 1, got 2"));
}

TEST(StoredSplit, AnotherSafetensorsFileIsDamage) {
  EXPECT_THAT(DecodeSplit(FixtureBytes("x.npy")), StatusIs(absl::StatusCode::kDataLoss, ""));
}

}  // namespace
}  // namespace traind
