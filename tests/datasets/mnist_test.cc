// The real MNIST files, where scripts/setup has put them. Facts from the data
// set's own page and from PyTorch's normalisation constants for it.
#include <zlib.h>

#include <array>
#include <cmath>
#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/datasets/dataset_directory.h"

namespace traind {
namespace {

constexpr char kRoot[] = ".deps/datasets";

class Mnist : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(std::string(kRoot) + "/mnist")) {
      GTEST_SKIP() << "no MNIST in " << kRoot << "; scripts/setup fetches it";
    }
  }

  static Split Read(const char* split) {
    absl::StatusOr<Split> result = DatasetDirectory(kRoot).ReadSplit("mnist", split);
    EXPECT_TRUE(result.ok()) << result.status();
    return *std::move(result);
  }

  static std::array<int, 10> CountLabels(const Split& split) {
    std::array<int, 10> counts = {};
    for (int64_t label : split.labels) ++counts.at(label);
    return counts;
  }
};

TEST_F(Mnist, TrainSplitHas60000DigitsOfKnownFrequencies) {
  const Split train = Read("train");
  EXPECT_EQ(train.shape.row_count, 60000);
  EXPECT_EQ(train.values.size(), 60000u * 28 * 28);
  EXPECT_THAT(CountLabels(train),
              testing::ElementsAre(5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949));
}

TEST_F(Mnist, TestSplitHas10000DigitsOfKnownFrequencies) {
  const Split test = Read("test");
  EXPECT_EQ(test.shape.row_count, 10000);
  EXPECT_THAT(CountLabels(test),
              testing::ElementsAre(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009));
}

TEST_F(Mnist, FirstDigitsAreTheWellKnownOnes) {
  const Split train = Read("train");
  const Split test = Read("test");
  EXPECT_THAT(absl::MakeSpan(train.labels).first(5), testing::ElementsAre(5, 0, 4, 1, 9));
  EXPECT_THAT(absl::MakeSpan(test.labels).first(5), testing::ElementsAre(7, 2, 1, 0, 4));
}

TEST_F(Mnist, TrainPixelsHaveTheMeanAndDeviationOfTheRecipes) {
  const Split train = Read("train");
  double sum = 0;
  double squares = 0;
  for (uint8_t pixel : train.values) {
    sum += pixel / 255.0;
    squares += (pixel / 255.0) * (pixel / 255.0);
  }
  const double mean = sum / train.values.size();
  EXPECT_NEAR(mean, 0.1307, 5e-5);
  EXPECT_NEAR(std::sqrt(squares / train.values.size() - mean * mean), 0.3081, 5e-5);
}

}  // namespace
}  // namespace traind
