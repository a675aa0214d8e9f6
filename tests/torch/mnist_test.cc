// The recipe s4 on real digits, for two of its epochs.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "server/datasets/dataset_directory.h"
#include "server/recipes/recipe_text.h"
#include "server/torch/train/trainer.h"
#include "tests/torch/training_fakes.h"

namespace traind {
namespace {

TEST(Mnist, TwoEpochsOfS4ReachNinetyEightPointFivePercent) {
  const DatasetDirectory datasets(".deps/datasets");
  const auto train = datasets.ReadSplit("mnist", "train");
  if (!train.ok()) GTEST_SKIP() << train.status();
  const auto test = datasets.ReadSplit("mnist", "test");
  ASSERT_TRUE(test.ok()) << test.status();
  std::stringstream text;
  text << std::ifstream("recipes/s4.textproto").rdbuf();
  auto recipe = ParseRecipe(text.str(), "recipes/s4.textproto");
  ASSERT_TRUE(recipe.ok()) << recipe.status();
  recipe->set_epoch_count(2);
  RecordingReporter reporter;
  MemoryStore sink;

  const worker::v1::Finished finished =
      Train({*recipe, v1::Execution(), *train, *test}, reporter, sink, {});

  EXPECT_EQ(finished.outcome(), worker::v1::OUTCOME_SUCCEEDED) << finished.error().message();
  const v1::EpochFinished last = reporter.Of(v1::Event::kEpochFinished).back().epoch_finished();
  EXPECT_EQ(last.step_count(), 938);
  EXPECT_GE(last.eval_correct_count(), 9850);
}

}  // namespace
}  // namespace traind
