#include "server/torch/train/data_feed.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "tests/torch/small_recipe.h"

namespace traind {
namespace {

// A split whose rows can be told apart: row i is the pixel value i everywhere.
Split CountingSplit(int64_t row_count) {
  Split split;
  split.shape = {.row_count = row_count, .row_shape = {1, 4, 4}};
  for (int64_t row = 0; row < row_count; ++row) {
    split.values.insert(split.values.end(), 16, static_cast<uint8_t>(row));
    split.labels.push_back(row % 3);
  }
  return split;
}

v1::Recipe RecipeOf(int batch_size) {
  v1::Recipe recipe;
  recipe.set_batch_size(batch_size);
  recipe.set_seed(5);
  return recipe;
}

// Rows of an epoch in the order in which they come.
std::vector<int> Order(DataFeed& feed, int epoch) {
  std::vector<int> order;
  feed.StartEpoch(epoch);
  for (int64_t i = 0; i < feed.step_count(); ++i) {
    const Batch batch = feed.Next();
    for (int64_t row = 0; row < batch.images.size(0); ++row) {
      order.push_back(static_cast<int>(batch.images[row][0][0][0].item<float>() * 255 + 0.5f));
    }
  }
  return order;
}

TEST(DataFeed, GivesEveryRowOncePerEpochAndAShorterLastBatch) {
  const Split split = CountingSplit(10);
  DataFeed feed(split, RecipeOf(4), at::kCPU);
  EXPECT_EQ(feed.step_count(), 3);
  feed.StartEpoch(1);

  std::multiset<int64_t> sizes;
  for (int i = 0; i < 3; ++i) sizes.insert(feed.Next().labels.size(0));
  const std::vector<int> order = Order(feed, 2);

  EXPECT_EQ(sizes, (std::multiset<int64_t>{2, 4, 4}));
  EXPECT_EQ(order.size(), 10u);
  EXPECT_EQ(std::set<int>(order.begin(), order.end()).size(), 10u);
}

TEST(DataFeed, Has938StepsForSixtyThousandRowsInBatchesOf64) {
  Split split;
  split.shape = {.row_count = 60000, .row_shape = {1, 1, 1}};
  split.values.resize(60000);
  split.labels.resize(60000);
  EXPECT_EQ(DataFeed(split, RecipeOf(64), at::kCPU).step_count(), 938);
}

TEST(DataFeed, KeepsLabelsWithTheirImages) {
  const Split split = CountingSplit(50);
  DataFeed feed(split, RecipeOf(50), at::kCPU);
  feed.StartEpoch(1);

  const Batch batch = feed.Next();

  const at::Tensor rows = batch.images.select(3, 0).select(2, 0).flatten().mul(255).round();
  EXPECT_TRUE(at::equal(rows.to(at::kLong).remainder(3), batch.labels));
}

TEST(DataFeed, OrderDependsOnSeedAndEpochAlone) {
  const Split split = CountingSplit(50);
  DataFeed feed(split, RecipeOf(8), at::kCPU);
  const std::vector<int> first = Order(feed, 1);
  const std::vector<int> second = Order(feed, 2);
  DataFeed again(split, RecipeOf(8), at::kCPU);
  v1::Recipe other_seed = RecipeOf(8);
  other_seed.set_seed(6);
  DataFeed other(split, other_seed, at::kCPU);

  EXPECT_NE(first, second);
  EXPECT_EQ(Order(again, 2), second);
  EXPECT_NE(Order(other, 1), first);
}

TEST(DataFeed, NormalisesPixels) {
  const Split split = CountingSplit(1);
  v1::Recipe recipe = RecipeOf(1);
  recipe.mutable_data()->mutable_normalization()->add_mean(0.5);
  recipe.mutable_data()->mutable_normalization()->add_standard_deviation(0.25);
  DataFeed feed(split, recipe, at::kCPU);
  feed.StartEpoch(1);
  EXPECT_NEAR(feed.Next().images[0][0][0][0].item<float>(), (0.0 / 255 - 0.5) / 0.25, 1e-6);
}

// Pictures of 2 by 5 by 4 random pixels.
class FeedOfBytes : public ::testing::Test {
 protected:
  FeedOfBytes() : recipe_(RecipeOf(8)) {
    split_.shape = {.row_count = 20, .row_shape = {2, 5, 4}};
    const at::Tensor values = at::randint(256, {20 * 2 * 5 * 4}, at::kByte);
    split_.values.assign(values.data_ptr<uint8_t>(), values.data_ptr<uint8_t>() + values.numel());
    for (int64_t row = 0; row < 20; ++row) split_.labels.push_back(row % 3);
    for (const double mean : {0.4, 0.6}) {
      recipe_.mutable_data()->mutable_normalization()->add_mean(mean);
      recipe_.mutable_data()->mutable_normalization()->add_standard_deviation(0.3);
    }
  }

  // What a network sees of them.
  static at::Tensor Read(const ByteRows& bytes) {
    at::Tensor read = at::empty({static_cast<int64_t>(bytes.first.size()), 2, 5, 4});
    float* to = read.mutable_data_ptr<float>();
    for (const uint8_t* const first : bytes.first) {
      for (int64_t c = 0; c < 2; ++c) {
        for (int64_t row = 0; row < 5; ++row) {
          for (int64_t column = 0; column < 4; ++column) {
            const int64_t at = c * bytes.images.channel_stride + row * bytes.images.row_stride;
            *to++ = bytes.images.values[c * kByteValues + first[at + column]];
          }
        }
      }
    }
    return read;
  }

  void ExpectTheSameRows() {
    DataFeed feed(split_, recipe_, at::kCPU);
    DataFeed other(split_, recipe_, at::kCPU);
    ASSERT_TRUE(feed.has_bytes());
    for (const int epoch : {1, 2}) {
      feed.StartEpoch(epoch);
      other.StartEpoch(epoch);
      for (int64_t i = 0; i < feed.step_count(); ++i) {
        const Batch batch = feed.NextBytes();
        const Batch expected = other.Next();
        EXPECT_TRUE(at::equal(Read(*batch.bytes), expected.images));
        EXPECT_TRUE(at::equal(batch.labels, expected.labels));
        EXPECT_EQ(batch.is_last, expected.is_last);
      }
    }
  }

  Split split_;
  v1::Recipe recipe_;
};

TEST_F(FeedOfBytes, HasTheRowsOfTheOther) { ExpectTheSameRows(); }

TEST_F(FeedOfBytes, HasThemShifted) {
  recipe_.mutable_data()->mutable_augmentation()->set_shift_pixels(2);
  ExpectTheSameRows();
}

TEST_F(FeedOfBytes, HasThemWithoutNormalisation) {
  recipe_.mutable_data()->clear_normalization();
  ExpectTheSameRows();
}

TEST_F(FeedOfBytes, IsNotHadOfWhatIsMadeAnew) {
  const auto has_bytes = [this](auto change) {
    v1::Recipe recipe = recipe_;
    change(recipe, *recipe.mutable_data()->mutable_augmentation());
    return DataFeed(split_, recipe, at::kCPU).has_bytes();
  };
  using Change = v1::Augmentation;
  EXPECT_TRUE(has_bytes([](v1::Recipe&, Change&) {}));
  EXPECT_FALSE(has_bytes([](v1::Recipe&, Change& a) { a.set_horizontal_flip_probability(0.5); }));
  EXPECT_FALSE(has_bytes([](v1::Recipe&, Change& a) { a.set_vertical_flip_probability(0.5); }));
  EXPECT_FALSE(has_bytes([](v1::Recipe&, Change& a) { a.set_rotation_degrees(5); }));
  EXPECT_FALSE(has_bytes([](v1::Recipe&, Change& a) { a.set_mixup_alpha(1); }));
  EXPECT_FALSE(has_bytes([](v1::Recipe&, Change& a) {
    a.set_erase_probability(0.5);
    a.set_erase_area_fraction(0.2);
  }));
  EXPECT_FALSE(has_bytes([](v1::Recipe& recipe, Change&) { recipe.set_float64(true); }));
}

class Shifted : public ::testing::Test {
 protected:
  // 1,000 copies of one image with a different value in each of its 3 by 5 pixels.
  Shifted() {
    const at::Tensor image = at::arange(1, 16, at::kByte).view({1, 1, 3, 5});
    images_ = image.expand({1000, 1, 3, 5}).contiguous();
  }

  // The image moved by whole pixels, zeros moving in, one pixel at a time.
  at::Tensor Moved(int64_t down, int64_t right) const {
    at::Tensor moved = at::zeros({1, 3, 5}, at::kByte);
    for (int64_t y = 0; y < 3; ++y) {
      for (int64_t x = 0; x < 5; ++x) {
        const int64_t from_y = y - down;
        const int64_t from_x = x - right;
        if (from_y < 0 || from_y >= 3 || from_x < 0 || from_x >= 5) continue;
        moved[0][y][x] = images_[0][0][from_y][from_x];
      }
    }
    return moved;
  }

  at::Tensor images_;
};

TEST_F(Shifted, EveryRowIsTheImageMovedAndAllMovesOccur) {
  ShiftAugmentation augmentation(images_, 2);
  augmentation.StartEpoch(1);
  const at::Tensor rows = augmentation.Select(at::arange(1000));

  std::set<std::pair<int, int>> moves;
  int unexplained = 1000;
  for (int down = -2; down <= 2; ++down) {
    for (int right = -2; right <= 2; ++right) {
      const int64_t count = rows.eq(Moved(down, right)).flatten(1).all(1).sum().item<int64_t>();
      if (count > 0) moves.emplace(down, right);
      unexplained -= static_cast<int>(count);
    }
  }
  EXPECT_EQ(unexplained, 0);
  EXPECT_EQ(moves.size(), 25u);
}

TEST_F(Shifted, ARowKeepsItsShiftWithinAnEpochAndChangesItWithTheSeed) {
  ShiftAugmentation augmentation(images_, 2);
  augmentation.StartEpoch(1);
  const at::Tensor first = augmentation.Select(at::arange(100));
  const at::Tensor some = augmentation.Select(at::tensor({7, 3}, at::kLong));
  augmentation.StartEpoch(2);

  EXPECT_TRUE(at::equal(some[0], first[7]));
  EXPECT_TRUE(at::equal(some[1], first[3]));
  EXPECT_FALSE(at::equal(augmentation.Select(at::arange(100)), first));
}

TEST_F(Shifted, NothingMovesByZeroPixels) {
  ShiftAugmentation augmentation(images_, 0);
  augmentation.StartEpoch(1);
  EXPECT_TRUE(at::equal(augmentation.Select(at::arange(1000)), images_));
}

}  // namespace
}  // namespace traind
