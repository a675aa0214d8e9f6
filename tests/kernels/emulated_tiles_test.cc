#include "tests/kernels/emulated_tiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "server/kernels/amx_support.h"
#include "server/kernels/amx_tiles.h"

namespace traind {
namespace {

using testing::ElementsAre;

constexpr Bf16 kOne = 0x3F80;
constexpr Bf16 kDenormal = 0x0001;

// Tile 0 for sums of `rows` x `columns`, 4 and 6 for factors of so many pairs.
TileConfig Config(int rows, int pairs, int columns) {
  TileConfig config = {};
  config.palette = 1;
  const auto set = [&](int tile, int tile_rows, int row_bytes) {
    config.rows[tile] = static_cast<uint8_t>(tile_rows);
    config.row_bytes[tile] = static_cast<uint16_t>(row_bytes);
  };
  set(0, rows, 4 * columns);
  set(4, rows, 4 * pairs);
  set(6, pairs, 4 * columns);
  return config;
}

// sums + left * right; rows of all of them one behind the other.
template <class Tiles>
std::vector<float> Product(const TileConfig& config, const std::vector<Bf16>& left,
                           const std::vector<Bf16>& right, std::vector<float> sums) {
  Tiles tiles(config);
  tiles.template Load<0>(sums.data(), config.row_bytes[0]);
  tiles.template Load<4>(left.data(), config.row_bytes[4]);
  tiles.template Load<6>(right.data(), config.row_bytes[6]);
  tiles.template Dot<0, 4, 6>();
  tiles.template Store<0>(sums.data(), config.row_bytes[0]);
  return sums;
}

std::vector<Bf16> Rounded(const std::vector<float>& numbers) {
  std::vector<Bf16> rounded(numbers.size());
  RoundToBf16(static_cast<int64_t>(numbers.size()), numbers.data(), rounded.data());
  return rounded;
}

TEST(EmulatedTilesTest, SumsTheProductsOfPairs) {
  // 2 rows, 1 pair, 2 columns: each sum is a[0] b[0] + a[1] b[1].
  const std::vector<float> sums = Product<EmulatedTiles>(
      Config(2, 1, 2), Rounded({1, 2, 3, 4}), Rounded({5, 6, 7, 8}), {100, 200, 300, 400});
  EXPECT_THAT(sums, ElementsAre(100 + 5 + 12, 200 + 7 + 16, 300 + 15 + 24, 400 + 21 + 32));
}

TEST(EmulatedTilesTest, SumsFirstAndSecondOfPairsApart) {
  // In floats (2^25 + 1) - 2^25 is 0, but the ones meet each other first.
  const std::vector<float> sums = Product<EmulatedTiles>(
      Config(1, 2, 1), Rounded({33554432, 1, -33554432, 1}), Rounded({1, 1, 1, 1}), {0});
  EXPECT_THAT(sums, ElementsAre(2));
}

TEST(EmulatedTilesTest, TakesDenormalNumbersForZero) {
  const std::vector<float> sums =
      Product<EmulatedTiles>(Config(1, 1, 1), {kDenormal, kOne}, Rounded({3e38F, 0}), {1e-40F});
  EXPECT_THAT(sums, ElementsAre(0));
}

TEST(EmulatedTilesTest, KeepsWhatIsNotANumber) {
  const std::vector<float> sums =
      Product<EmulatedTiles>(Config(1, 1, 1), {0x7FC0, kOne}, Rounded({0, 1}), {0});
  EXPECT_TRUE(std::isnan(sums[0]));
}

TEST(EmulatedTilesDeathTest, RefusesFactorsThatDoNotFit) {
  TileConfig config = Config(2, 4, 2);
  config.rows[6] = 3;
  EXPECT_DEATH(Product<EmulatedTiles>(config, std::vector<Bf16>(64), std::vector<Bf16>(64),
                                      std::vector<float>(64)),
               "as many pairs on the left as rows on the right");
}

// What the tests with emulated tiles show of the kernels holds for real ones as far as this does.
TEST(AmxTilesTest, GiveTheNumbersOfTheEmulatedTiles) {
  if (!AmxBf16Status().ok()) GTEST_SKIP() << AmxBf16Status();
  std::mt19937 random(7);
  const auto numbers = [&](int count) {
    std::vector<float> floats(count);
    for (float& number : floats) {
      number = static_cast<float>(static_cast<double>(random()) / 2147483648.0 - 1);
    }
    return floats;
  };
  for (int rows = 1; rows <= 16; ++rows) {
    for (int pairs = 1; pairs <= 16; ++pairs) {
      const TileConfig config = Config(rows, pairs, 16);
      const std::vector<Bf16> left = Rounded(numbers(rows * pairs * 2));
      const std::vector<Bf16> right = Rounded(numbers(pairs * 32));
      const std::vector<float> sums = numbers(rows * 16);
      const std::vector<float> real = Product<AmxTiles>(config, left, right, sums);
      const std::vector<float> emulated = Product<EmulatedTiles>(config, left, right, sums);
      for (size_t i = 0; i < real.size(); ++i) ASSERT_NEAR(real[i], emulated[i], 1e-5);
    }
  }
}

}  // namespace
}  // namespace traind
