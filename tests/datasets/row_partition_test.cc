#include "server/datasets/row_partition.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

using Parts = std::vector<std::vector<int64_t>>;

v1::DatasetSource Source(const std::vector<std::pair<std::string, double>>& shares,
                         int64_t seed = 0) {
  v1::DatasetSource source;
  source.set_seed(seed);
  for (const auto& [name, fraction] : shares) {
    v1::SplitShare& share = *source.add_splits();
    share.set_name(name);
    share.set_fraction(fraction);
  }
  return source;
}

Parts Partition(int64_t row_count, const std::vector<int64_t>& labels,
                const v1::DatasetSource& source) {
  const absl::StatusOr<Parts> parts = PartitionRows(row_count, labels, *SharesOf(source), source);
  EXPECT_OK(parts);
  return parts.value_or(Parts());
}

int64_t CountOf(int64_t label, const std::vector<int64_t>& labels,
                const std::vector<int64_t>& rows) {
  return std::count_if(rows.begin(), rows.end(),
                       [&](int64_t row) { return labels[static_cast<size_t>(row)] == label; });
}

TEST(RowPartition, WithoutSharesFourFifthsAreForTraining) {
  const std::vector<v1::SplitShare> shares = *SharesOf(v1::DatasetSource());
  ASSERT_THAT(shares, SizeIs(2));
  EXPECT_EQ(shares[0].name(), "train");
  EXPECT_EQ(shares[0].fraction(), 0.8);
  EXPECT_EQ(shares[1].name(), "test");
  EXPECT_EQ(shares[1].fraction(), 0.2);
}

TEST(RowPartition, EveryRowGoesToOnePart) {
  const Parts parts = Partition(101, {}, Source({{"a", 0.5}, {"b", 0.3}, {"c", 0.2}}));
  std::vector<int64_t> all;
  for (const std::vector<int64_t>& rows : parts) {
    EXPECT_TRUE(std::is_sorted(rows.begin(), rows.end()));
    all.insert(all.end(), rows.begin(), rows.end());
  }
  std::sort(all.begin(), all.end());
  std::vector<int64_t> expected(101);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
  EXPECT_THAT(parts[0], SizeIs(51));
  EXPECT_THAT(parts[1], SizeIs(30));
  EXPECT_THAT(parts[2], SizeIs(20));
}

TEST(RowPartition, EachClassIsCutByTheSameShares) {
  std::vector<int64_t> labels(100, 0);
  labels.resize(120, 1);
  const Parts parts = Partition(120, labels, v1::DatasetSource());
  EXPECT_EQ(CountOf(0, labels, parts[0]), 80);
  EXPECT_EQ(CountOf(1, labels, parts[0]), 16);
  EXPECT_EQ(CountOf(0, labels, parts[1]), 20);
  EXPECT_EQ(CountOf(1, labels, parts[1]), 4);
}

TEST(RowPartition, ManySmallClassesDoNotAddUpTheirRounding) {
  std::vector<int64_t> labels(300);
  for (size_t row = 0; row < labels.size(); ++row) labels[row] = static_cast<int64_t>(row / 3);
  const Parts parts = Partition(300, labels, v1::DatasetSource());
  EXPECT_THAT(parts[0], SizeIs(240));
}

TEST(RowPartition, TheSameSeedCutsAlikeAndAnotherOneDoesNot) {
  const auto cut = [](int64_t seed) {
    return Partition(50, {}, Source({{"a", 0.5}, {"b", 0.5}}, seed));
  };
  EXPECT_EQ(cut(1), cut(1));
  EXPECT_NE(cut(1), cut(2));
}

TEST(RowPartition, APartWithoutRowsIsRefused) {
  const v1::DatasetSource source = Source({{"train", 0.9}, {"test", 0.1}});
  EXPECT_THAT(PartitionRows(3, {}, *SharesOf(source), source),
              StatusIs(absl::StatusCode::kInvalidArgument, "3 rows leave none for test"));
}

TEST(RowPartition, SharesAreOneTogetherAndHaveDifferentNames) {
  EXPECT_THAT(SharesOf(Source({{"train", 0.8}, {"test", 0.3}})),
              StatusIs(absl::StatusCode::kInvalidArgument, "got 1.1"));
  EXPECT_THAT(SharesOf(Source({{"a", 0.5}, {"a", 0.5}})),
              StatusIs(absl::StatusCode::kInvalidArgument, "got a twice"));
  EXPECT_THAT(SharesOf(Source({{"a", 1.5}, {"b", -0.5}})),
              StatusIs(absl::StatusCode::kInvalidArgument, "a share in (0, 1]"));
  EXPECT_THAT(SharesOf(Source({{"../a", 1}})),
              StatusIs(absl::StatusCode::kInvalidArgument, "split name"));
}

TEST(RowPartition, SelectedRowsKeepTheirLabelsAndTargets) {
  Split split;
  split.shape = {.row_count = 3, .row_shape = {2}};
  split.values = {1, 2, 3, 4, 5, 6};
  split.labels = {7, 8, 9};
  const Split selected = SelectRows(split, {2, 0});
  EXPECT_THAT(selected.values, ElementsAre(5, 6, 1, 2));
  EXPECT_THAT(selected.labels, ElementsAre(9, 7));
  EXPECT_EQ(selected.shape.row_count, 2);
}

}  // namespace
}  // namespace traind
