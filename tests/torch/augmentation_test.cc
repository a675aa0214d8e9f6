// What the random changes of images do, against PyTorch and by hand, and how they are drawn.
#include <gtest/gtest.h>

#include <cmath>

#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/train/affine_augmentation.h"
#include "server/torch/train/image_augmentation.h"
#include "server/torch/train/shift_augmentation.h"
#include "tests/torch/fixture_file.h"
#include "tests/torch/small_recipe.h"

namespace traind {
namespace {

constexpr int64_t kSeed = 11;

// Copies of one image of bytes from 1 on, all different from the pixels around them.
at::Tensor Copies(int64_t count, int64_t height, int64_t width) {
  const at::Tensor image = at::arange(height * width).remainder(251).add(1).to(at::kByte);
  return image.view({1, 1, height, width}).repeat({count, 1, 1, 1});
}

// All rows as they are in this epoch.
at::Tensor InEpoch(const at::Tensor& images, const v1::Augmentation& options, int epoch = 1) {
  ImageAugmentation augmentation(images, options, at::kFloat);
  augmentation.StartEpoch(kSeed, epoch);
  return augmentation.Select(at::arange(images.size(0)));
}

// Four standard deviations of the share of `count` draws, each true with this probability.
double Spread(double probability, int64_t count) {
  return 4 * std::sqrt(probability * (1 - probability) / static_cast<double>(count));
}

double ShareOf(const at::Tensor& rows) { return rows.to(at::kDouble).mean().item<double>(); }

// Which of `rows` equal their counterpart.
at::Tensor Equal(const at::Tensor& rows, const at::Tensor& others) {
  return rows.eq(others).flatten(1).all(1);
}

TEST(AffineAugmentation, MovesImagesAsPyTorchDoes) {
  StateTensors fixture = *StateTensors::Parse(ReadFixture("augmentation.safetensors"));
  const at::Tensor images = *fixture.Take("images");
  const at::Tensor moved = *fixture.Take("moved");
  const at::Tensor matrices = AffineAugmentation::Matrices(*fixture.Take("moves"), 6, 9);

  const at::Tensor exact = AffineAugmentation::Sample(images, matrices);
  const at::Tensor rounded =
      AffineAugmentation::Sample(images.to(at::kFloat), matrices.to(at::kFloat));

  EXPECT_LT((exact - moved).abs().max().item<double>(), 1e-12);
  EXPECT_LT((rounded - moved).abs().max().item<double>(), 2e-6);
}

TEST(AffineAugmentation, TurnsClockwise) {
  const at::Tensor images = Copies(1, 8, 8).to(at::kDouble);
  const at::Tensor turn = at::tensor({90.0, 0.0, 1.0, 0.0, 0.0}, at::kDouble).view({1, 5});

  const at::Tensor turned =
      AffineAugmentation::Sample(images, AffineAugmentation::Matrices(turn, 8, 8));

  EXPECT_TRUE(at::allclose(turned, images.rot90(-1, {2, 3}), 0, 1e-10));
}

TEST(AffineAugmentation, DrawsEvenlyWithinTheRecipesBounds) {
  v1::Augmentation options;
  options.set_rotation_degrees(30);
  options.set_shear_degrees(10);
  options.set_scale_fraction(0.2);
  options.set_shift_pixels(2);
  constexpr int64_t kCount = 10000;
  const at::Tensor moves = AffineAugmentation::Draw(options, kCount, 1, 2);

  const double middles[] = {0, 0, 1, 0, 0};
  const double reaches[] = {30, 10, 0.2, 2, 2};
  for (int i = 0; i < 5; ++i) {
    SCOPED_TRACE(i);
    const at::Tensor draws = (moves.select(1, i) - middles[i]) / reaches[i];
    EXPECT_LE(draws.abs().max().item<double>(), 1 + 1e-12);
    // Even on [-1, 1]: variance 1/3; even on -1, -1/2 … 1: variance 1/2.
    const double variance = i < 3 ? 1.0 / 3 : 0.5;
    EXPECT_NEAR(draws.mean().item<double>(), 0, 4 * std::sqrt(variance / kCount));
    EXPECT_NEAR(draws.square().mean().item<double>(), variance, 4 * std::sqrt(0.25 / kCount));
  }
}

TEST(ImageAugmentation, ShiftsAreTheSameWithinAnInterpolation) {
  const at::Tensor images = Copies(50, 7, 9);
  v1::Augmentation options;
  options.set_shift_pixels(2);
  const at::Tensor shifted = InEpoch(images, options);
  options.set_scale_fraction(1e-9);
  const at::Tensor interpolated = InEpoch(images, options);

  EXPECT_EQ(interpolated.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::allclose(interpolated * 255, shifted.to(at::kFloat), 0, 1e-3));
}

TEST(ImageAugmentation, MirrorsExactly) {
  const at::Tensor images = Copies(3, 4, 5);
  v1::Augmentation options;
  options.set_horizontal_flip_probability(1);
  EXPECT_TRUE(at::equal(InEpoch(images, options), images.flip(3)));
  options.set_vertical_flip_probability(1);
  EXPECT_TRUE(at::equal(InEpoch(images, options), images.flip({2, 3})));
}

TEST(ImageAugmentation, MirrorsAsOftenAsTheRecipeSaysAndEitherWayForItself) {
  constexpr int64_t kCount = 4000;
  const at::Tensor images = Copies(kCount, 4, 5);
  v1::Augmentation options;
  options.set_horizontal_flip_probability(0.5);
  options.set_vertical_flip_probability(0.25);
  const at::Tensor rows = InEpoch(images, options);

  EXPECT_NEAR(ShareOf(Equal(rows, images)), 0.5 * 0.75, Spread(0.375, kCount));
  EXPECT_NEAR(ShareOf(Equal(rows, images.flip(3))), 0.5 * 0.75, Spread(0.375, kCount));
  EXPECT_NEAR(ShareOf(Equal(rows, images.flip(2))), 0.5 * 0.25, Spread(0.125, kCount));
  EXPECT_NEAR(ShareOf(Equal(rows, images.flip({2, 3}))), 0.5 * 0.25, Spread(0.125, kCount));
}

// Erased pixels of rows that had none, bool [N, H, W].
at::Tensor Erased(const at::Tensor& rows) { return rows.eq(0).squeeze(1); }

TEST(ImageAugmentation, ErasesOneRectangle) {
  const at::Tensor images = Copies(500, 20, 30);
  v1::Augmentation options;
  options.set_erase_probability(1);
  const at::Tensor rows = InEpoch(images, options);

  const at::Tensor erased = Erased(rows);
  const at::Tensor across = erased.any(1);
  const at::Tensor down = erased.any(2);
  EXPECT_TRUE(at::equal(erased, down.unsqueeze(2).logical_and(across.unsqueeze(1))));
  EXPECT_TRUE(down.any(1).all().item<bool>());
  // Its rows of pixels follow each other, and so do its columns.
  for (const at::Tensor& sides : {down, across}) {
    const at::Tensor changes = sides.to(at::kLong).diff(1, 1, at::zeros({500, 1}, at::kLong));
    EXPECT_TRUE(changes.eq(1).sum(1).eq(1).all().item<bool>());
  }
  EXPECT_TRUE(at::equal(rows.masked_select(erased.logical_not().unsqueeze(1)),
                        images.masked_select(erased.logical_not().unsqueeze(1))));
}

TEST(ImageAugmentation, ErasesAreasEvenlyUpToTheRecipesShareAndPlacesEvenly) {
  constexpr int64_t kCount = 4000;
  v1::Augmentation options;
  options.set_erase_probability(0.75);
  options.set_erase_area_fraction(0.5);
  const at::Tensor erased = Erased(InEpoch(Copies(kCount, 100, 60), options));

  const at::Tensor areas = erased.to(at::kDouble).mean(at::IntArrayRef{1, 2});
  const at::Tensor chosen = areas.masked_select(areas.gt(0));
  EXPECT_NEAR(static_cast<double>(chosen.size(0)) / kCount, 0.75, Spread(0.75, kCount));
  // Sides are rounded by half a pixel at most.
  EXPECT_LE(chosen.max().item<double>(), (std::sqrt(0.5) + 0.5 / 60) * (std::sqrt(0.5) + 0.5 / 60));
  for (const double quantile : {0.25, 0.5, 0.75}) {
    EXPECT_NEAR(ShareOf(chosen.lt(0.5 * quantile)), quantile,
                Spread(quantile, chosen.size(0)) + 0.01);
  }
  // As often above as below the middle, and left as right of it.
  const at::Tensor all = erased.to(at::kDouble).mean(0);
  EXPECT_NEAR(ShareOf(all.narrow(0, 0, 50)), ShareOf(all.narrow(0, 50, 50)), 0.02);
  EXPECT_NEAR(ShareOf(all.narrow(1, 0, 30)), ShareOf(all.narrow(1, 30, 30)), 0.02);
}

TEST(ImageAugmentation, DependsOnSeedEpochAndRowAlone) {
  const at::Tensor images = Copies(200, 8, 8);
  ImageAugmentation augmentation(images, EveryAugmentation(), at::kFloat);
  augmentation.StartEpoch(kSeed, 1);
  const at::Tensor first = augmentation.Select(at::arange(200));
  augmentation.StartEpoch(kSeed, 2);
  const at::Tensor second = augmentation.Select(at::arange(200));

  EXPECT_TRUE(at::equal(InEpoch(images, EveryAugmentation(), 2), second));
  EXPECT_LT(ShareOf(Equal(first, second)), 0.05);
  augmentation.StartEpoch(kSeed + 1, 2);
  EXPECT_LT(ShareOf(Equal(augmentation.Select(at::arange(200)), second)), 0.05);
  augmentation.StartEpoch(kSeed, 1);
  const at::Tensor some = at::tensor({190, 3, 77}, at::kLong);
  EXPECT_TRUE(at::equal(augmentation.Select(some), first.index_select(0, some)));
}

TEST(ImageAugmentation, OneKindOfChangeDrawsTheSameBesideAnother) {
  const at::Tensor images = Copies(200, 8, 8);
  v1::Augmentation options;
  options.set_shift_pixels(2);
  options.set_horizontal_flip_probability(0.5);
  const at::Tensor without = InEpoch(images, options);
  options.set_erase_probability(0.5);
  const at::Tensor with = InEpoch(images, options);

  EXPECT_TRUE(with.eq(without).logical_or(with.eq(0)).all().item<bool>());
}

TEST(ImageAugmentation, LeavesRowsOfEveryShapeAsTheyAreWithoutChanges) {
  const at::Tensor rows = at::arange(12, at::kFloat).view({4, 3});
  EXPECT_TRUE(at::equal(InEpoch(rows, v1::Augmentation()), rows));
}

}  // namespace
}  // namespace traind
