#include "bench/train/step_cost.h"

#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "server/recipes/recipe_text.h"

namespace traind {
namespace {

// Convolution 3x3 of 2 to 4 channels over 6x6, pooled in pairs, and a linear layer of 16 to 3.
FusedPlan SmallPlan() {
  const absl::StatusOr<v1::Recipe> recipe = ParseRecipe(R"(
    network {
      input { channels: 2 height: 6 width: 6 }
      layers { conv2d { out_channels: 4 kernel_size: 3 } }
      layers { relu {} }
      layers { max_pool2d { kernel_size: 2 } }
      layers { flatten {} }
      layers { linear { out_features: 3 } }
    }
  )",
                                                        "small");
  EXPECT_TRUE(recipe.ok()) << recipe.status();
  const absl::StatusOr<FusedPlan> plan = PlanFused(recipe->network());
  EXPECT_TRUE(plan.ok()) << plan.status();
  return *plan;
}

TEST(StepCostTest, AConvolutionMultipliesEachKernelValueAtEachOutputPixel) {
  // 4x4 pixels, 4 channels out, 3x3x2 values of the kernel; a product and a sum each.
  EXPECT_EQ(CostOf(SmallPlan(), 0, 4).forward_operations, 2 * 16 * 4 * 18);
}

TEST(StepCostTest, TheFirstStageNeedsNoGradientByItsInput) {
  const FusedPlan plan = SmallPlan();
  EXPECT_EQ(CostOf(plan, 0, 4).backward_operations, CostOf(plan, 0, 4).forward_operations);
  EXPECT_EQ(CostOf(plan, 1, 4).backward_operations, 2 * CostOf(plan, 1, 4).forward_operations);
}

TEST(StepCostTest, ActivationsAreReadAndWrittenOnce) {
  const FusedPlan plan = SmallPlan();
  // 2x6x6 floats in, 4x4x4 values out.
  EXPECT_EQ(CostOf(plan, 0, 4).forward_bytes, 4 * 72 + 4 * 64);
  // Before the pooling there are 4x4x4 values too; out come 3.
  EXPECT_EQ(CostOf(plan, 1, 4).forward_bytes, 4 * 64 + 4 * 3);
  EXPECT_EQ(CostOf(plan, 0, 4).backward_bytes, 2 * 4 * 64 + 4 * 72);
  EXPECT_EQ(CostOf(plan, 1, 4).backward_bytes, 2 * 4 * 3 + 2 * 4 * 64);
}

TEST(StepCostTest, InBf16ActivationsAreHalfAsLargeAndTheImagesAreNot) {
  const FusedPlan plan = SmallPlan();
  EXPECT_EQ(CostOf(plan, 0, 2).forward_bytes, 4 * 72 + 2 * 64);
  EXPECT_EQ(CostOf(plan, 1, 2).forward_bytes, 2 * 64 + 2 * 3);
}

TEST(StepCostTest, TheBenchmarksNetworkMultipliesAsOftenAsItsShapesSay) {
  std::ifstream file("recipes/s4-classic.textproto");
  std::stringstream text;
  text << file.rdbuf();
  const absl::StatusOr<v1::Recipe> recipe = ParseRecipe(text.str(), "s4-classic");
  ASSERT_TRUE(recipe.ok()) << recipe.status();
  const absl::StatusOr<FusedPlan> plan = PlanFused(recipe->network());
  ASSERT_TRUE(plan.ok()) << plan.status();
  double operations = 0;
  for (int s = 0; s < static_cast<int>(plan->stages.size()); ++s) {
    operations += CostOf(*plan, s, 4).forward_operations;
  }
  // 24x24x32x25 + 22x22x16x288 + 9x9x16x144 + 7x7x64x144 + 640 products.
  EXPECT_EQ(operations, 2.0 * (460'800 + 2'230'272 + 186'624 + 451'584 + 640));
}

}  // namespace
}  // namespace traind
