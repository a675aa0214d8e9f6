// The small decisions of a training that need no tensors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "server/torch/train/progress_gate.h"
#include "server/torch/train/seed_stream.h"
#include "server/torch/train/training_check.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

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
         {SeedStream::kOrder, SeedStream::kShift, SeedStream::kDropout, SeedStream::kFlip,
          SeedStream::kAffine, SeedStream::kErase, SeedStream::kMixup}) {
      for (int epoch = 1; epoch <= 50; ++epoch) seeds.insert(StreamSeed(seed, stream, epoch));
    }
  }
  EXPECT_EQ(seeds.size(), 3u * 7 * 50);
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
    split_.shape = {.row_count = 4, .row_shape = {1, 2, 2}};
    split_.values.resize(16);
    split_.labels = {0, 1, 2, 2};
  }

  std::string Message(int64_t class_count) const {
    const absl::Status status = CheckDataFits(recipe_, split_, split_, class_count);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  }

  v1::Recipe recipe_;
  Split split_;
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
  EXPECT_THAT(Message(3), HasSubstr("expects rows of [1, 2, 3], got [1, 2, 2]"));
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

TEST_F(DataFits, WithValuesAsManyAsTheNetworkPutsOut) {
  recipe_.mutable_loss()->mutable_mean_squared_error();
  split_.labels.clear();
  split_.shape.target_count = 2;
  split_.targets = {0.5, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_TRUE(CheckDataFits(recipe_, split_, split_, 2).ok());
  EXPECT_THAT(Message(3), HasSubstr("split digits:train: the last layer: expected an output for "
                                    "each of the data's 2 values, got 3"));
}

TEST_F(DataFits, OfBinaryCrossEntropyWithSharesOrTwoClasses) {
  recipe_.mutable_loss()->mutable_binary_cross_entropy();
  EXPECT_THAT(Message(1), HasSubstr("expected labels 0 and 1 for binary_cross_entropy, got 2"));
  split_.labels = {0, 1, 1, 0};
  EXPECT_TRUE(CheckDataFits(recipe_, split_, split_, 1).ok());
  split_.labels.clear();
  split_.shape.target_count = 1;
  split_.targets = {0, 0.5, 1, 1.5};
  EXPECT_THAT(Message(1), HasSubstr("expected targets from 0 to 1"));
}

}  // namespace
}  // namespace traind
