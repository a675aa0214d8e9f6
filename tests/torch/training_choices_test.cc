// The small decisions of a training that need no tensors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "server/torch/train/best_epoch.h"
#include "server/torch/train/progress_gate.h"
#include "server/torch/train/seed_stream.h"
#include "server/torch/train/training_check.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

v1::EpochFinished Epoch(int64_t correct_count, double loss) {
  v1::EpochFinished epoch;
  epoch.set_eval_correct_count(correct_count);
  epoch.set_eval_loss(loss);
  return epoch;
}

v1::Selection By(v1::SelectionMetric metric) {
  v1::Selection selection;
  selection.set_metric(metric);
  return selection;
}

TEST(BestEpoch, TakesTheLargerAccuracyAndTheLaterOnATie) {
  BestEpoch best(By(v1::SELECTION_METRIC_ACCURACY));
  EXPECT_TRUE(best.Offer(Epoch(90, 0.5)));
  EXPECT_FALSE(best.Offer(Epoch(89, 0.1)));
  EXPECT_TRUE(best.Offer(Epoch(90, 0.9)));
  EXPECT_TRUE(best.Offer(Epoch(91, 0.9)));
}

TEST(BestEpoch, TakesTheSmallerLossAndTheLaterOnATie) {
  BestEpoch best(By(v1::SELECTION_METRIC_LOSS));
  EXPECT_TRUE(best.Offer(Epoch(90, 0.5)));
  EXPECT_FALSE(best.Offer(Epoch(99, 0.6)));
  EXPECT_TRUE(best.Offer(Epoch(10, 0.5)));
  EXPECT_TRUE(best.Offer(Epoch(10, 0.4)));
}

TEST(BestEpoch, NeverPrefersALossThatIsNotANumber) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  BestEpoch best(By(v1::SELECTION_METRIC_LOSS));
  EXPECT_TRUE(best.Offer(Epoch(0, nan)));
  EXPECT_TRUE(best.Offer(Epoch(0, 5)));
  EXPECT_FALSE(best.Offer(Epoch(0, nan)));
}

TEST(ProgressGate, PassesAtMostOncePerInterval) {
  using std::chrono::milliseconds;
  ProgressGate gate(milliseconds(100));
  const ProgressGate::TimePoint start;
  EXPECT_TRUE(gate.Pass(start));
  EXPECT_FALSE(gate.Pass(start + milliseconds(99)));
  EXPECT_TRUE(gate.Pass(start + milliseconds(100)));
  EXPECT_FALSE(gate.Pass(start + milliseconds(199)));
  EXPECT_TRUE(gate.Pass(start + milliseconds(900)));
}

TEST(StreamSeed, DiffersBySeedStreamAndEpoch) {
  std::set<uint64_t> seeds;
  for (int64_t seed : {0, 1, -1}) {
    for (SeedStream stream :
         {SeedStream::kOrder, SeedStream::kAugmentation, SeedStream::kDropout}) {
      for (int epoch = 1; epoch <= 50; ++epoch) seeds.insert(StreamSeed(seed, stream, epoch));
    }
  }
  EXPECT_EQ(seeds.size(), 3u * 3 * 50);
}

class DataFits : public ::testing::Test {
 protected:
  DataFits() {
    recipe_.mutable_data()->set_dataset("digits");
    recipe_.mutable_data()->set_train_split("train");
    recipe_.mutable_data()->set_eval_split("test");
    recipe_.mutable_network()->mutable_input()->set_channels(1);
    recipe_.mutable_network()->mutable_input()->set_height(2);
    recipe_.mutable_network()->mutable_input()->set_width(2);
    recipe_.set_batch_size(4);
    split_.shape = {4, 1, 2, 2};
    split_.images.resize(16);
    split_.labels = {0, 1, 2, 2};
  }

  std::string Message(int64_t class_count) const {
    const absl::Status status = CheckDataFits(recipe_, split_, split_, class_count);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  }

  v1::Recipe recipe_;
  ImageSplit split_;
};

TEST_F(DataFits, WhenSizesLabelsAndBatchDo) {
  EXPECT_TRUE(CheckDataFits(recipe_, split_, split_, 3).ok());
}

TEST_F(DataFits, NotWhenALabelIsPastTheNetworksOutputs) {
  EXPECT_THAT(Message(2), HasSubstr("split digits:train: expected labels below 2, the network's "
                                    "number of outputs, got 2; make the last layer larger"));
}

TEST_F(DataFits, NotWhenImagesHaveAnotherSize) {
  recipe_.mutable_network()->mutable_input()->set_width(3);
  EXPECT_THAT(Message(3), HasSubstr("expects images of [1, 2, 3], got [1, 2, 2]"));
}

TEST_F(DataFits, NotWhenTheBatchIsLargerThanTheSplit) {
  recipe_.set_batch_size(5);
  EXPECT_THAT(Message(3), HasSubstr("batch_size: expected 1 to 4, the rows of split digits:train, "
                                    "got 5"));
}

TEST_F(DataFits, NotWhenASplitIsEmpty) {
  split_.shape.row_count = 0;
  EXPECT_THAT(Message(3), HasSubstr("split digits:train has no rows"));
}

}  // namespace
}  // namespace traind
