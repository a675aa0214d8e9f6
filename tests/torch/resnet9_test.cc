// The recipe of a residual network for CIFAR-10, on images at random in its shape.
#include <gtest/gtest.h>

#include <random>

#include "server/recipes/recipe_summary.h"
#include "server/recipes/recipe_validation.h"
#include "server/torch/train/step_choice.h"
#include "server/torch/train/trainer.h"
#include "tests/recipes/recipe_fixture.h"
#include "tests/torch/training_fakes.h"

namespace traind {
namespace {

Split RandomImages(int64_t count) {
  std::mt19937 random(1);
  Split split;
  split.shape = {.row_count = count, .row_shape = {3, 32, 32}};
  for (int64_t i = 0; i < count * 3 * 32 * 32; ++i) {
    split.values.push_back(static_cast<uint8_t>(random()));
  }
  for (int64_t i = 0; i < count; ++i) split.labels.push_back(i % 10);
  return split;
}

// Its convolutions have 64*27, 128*64*9, 2*128*128*9, 256*128*9, 512*256*9 and 2*512*512*9
// weights, its batch norms 2*(64 + 3*128 + 256 + 3*512), its last layer 512*10 + 10.
TEST(ResNet9, IsValidAndHas6573130Parameters) {
  const v1::Recipe recipe = ShippedRecipe("resnet9");
  EXPECT_TRUE(ValidateRecipe(recipe).ok()) << ValidateRecipe(recipe);
  EXPECT_EQ(SummarizeRecipe(recipe)->parameter_count(), 6573130);
}

TEST(ResNet9, IsTrainedByTheFusedStepOnACpu) {
  const auto choice = ChooseStep(ShippedRecipe("resnet9"), v1::Execution(), at::kCPU);
  ASSERT_TRUE(choice.ok()) << choice.status();
  EXPECT_EQ(choice->name, "fused") << choice->reason;
}

TEST(ResNet9, TrainsAStep) {
  v1::Recipe recipe = ShippedRecipe("resnet9");
  recipe.set_batch_size(4);
  recipe.set_epoch_count(1);
  v1::Execution execution;
  execution.set_thread_count(1);
  const Split images = RandomImages(4);
  MemoryStore store;
  RecordingReporter reporter;

  const worker::v1::Finished finished =
      Train({recipe, execution, images, images}, reporter, store, {});

  EXPECT_EQ(finished.outcome(), worker::v1::OUTCOME_SUCCEEDED) << finished.error().message();
  ASSERT_EQ(reporter.Of(v1::Event::kTrainStep).size(), 1u);
  // Of ten classes at random.
  EXPECT_NEAR(reporter.Of(v1::Event::kTrainStep)[0].train_step().loss(), 2.3, 1.5);
}

}  // namespace
}  // namespace traind
