#include "server/torch/train/step_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/kernels/conv_bf16.h"
#include "server/torch/train/precision_choice.h"
#include "server/torch/train/step_fit.h"
#include "tests/torch/small_recipe.h"
#include "tests/torch/training_fixture.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

class ChooseStepOnCpu : public ::testing::Test {
 protected:
  absl::StatusOr<StepChoice> Choose(const char* step) {
    execution_.set_step(step);
    return ChooseStep(recipe_, execution_, at::kCPU);
  }

  v1::Recipe recipe_ = SmallRecipe();
  v1::Execution execution_;
};

TEST_F(ChooseStepOnCpu, TakesTheFusedOneWhereItFits) {
  for (const char* step : {"", "auto", "fused"}) {
    const absl::StatusOr<StepChoice> choice = Choose(step);
    EXPECT_EQ(choice->name, "fused");
    EXPECT_EQ(choice->reason, "");
  }
  EXPECT_EQ(Choose("plain")->name, "plain");
}

TEST_F(ChooseStepOnCpu, FallsBackToThePlainOneAndSaysWhy) {
  MisfitFusedStep(recipe_);
  for (const char* step : {"", "auto"}) {
    const absl::StatusOr<StepChoice> choice = Choose(step);
    EXPECT_EQ(choice->name, "plain");
    EXPECT_EQ(choice->reason,
              "the fused step does not fit: network.layers[7] (adaptive_avg_pool2d): expected "
              "output_size 1, got 2");
  }
  EXPECT_EQ(Choose("plain")->reason, "");
}

TEST_F(ChooseStepOnCpu, TakesThePlainOneForWeightsThatAreFrozen) {
  v1::Residual& residual = *recipe_.mutable_network()->add_layers()->mutable_residual();
  residual.add_layers()->set_frozen(true);
  EXPECT_EQ(Choose("auto")->name, "plain");
  EXPECT_EQ(Choose("auto")->reason,
            "the fused step does not fit: network.layers[10].residual.layers[0] (none): expected a "
            "layer that is trained, got a frozen one");
}

TEST_F(ChooseStepOnCpu, FallsBackToThePlainOneWhereALayerIsFrozen) {
  recipe_.mutable_network()->mutable_layers(4)->set_frozen(true);
  const absl::StatusOr<StepChoice> choice = Choose("auto");
  EXPECT_EQ(choice->name, "plain");
  EXPECT_EQ(choice->reason,
            "the fused step does not fit: network.layers[4] (conv2d): expected a layer that is "
            "trained, got a frozen one");
}

TEST_F(ChooseStepOnCpu, RefusesTheFusedOneWhereItDoesNotFit) {
  MisfitFusedStep(recipe_);
  const absl::Status refused = Choose("fused").status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(refused.message(),
            "execution.step: fused does not fit: network.layers[7] (adaptive_avg_pool2d): expected "
            "output_size 1, got 2; use plain");
}

TEST_F(ChooseStepOnCpu, LeavesThePrecisionOpenOnlyWhereBf16IsFaster) {
  const v1::Precision fast =
      FindBf16ConvKernels("avx512bf16") != nullptr ? v1::PRECISION_BF16 : v1::PRECISION_FP32;
  EXPECT_EQ(ChoosePrecision(recipe_, execution_), fast);
  execution_.set_device("cuda:0");
  EXPECT_EQ(ChoosePrecision(recipe_, execution_), v1::PRECISION_FP32);
  execution_.set_device("cpu");
  execution_.set_step("plain");
  EXPECT_EQ(ChoosePrecision(recipe_, execution_), v1::PRECISION_FP32);
  execution_.set_step("auto");
  MisfitFusedStep(recipe_);
  EXPECT_EQ(ChoosePrecision(recipe_, execution_), v1::PRECISION_FP32);
}

TEST_F(ChooseStepOnCpu, TakesThePlainOneForOtherPrecisions) {
  execution_.set_precision(v1::PRECISION_TF32);
  EXPECT_EQ(Choose("auto")->name, "plain");
}

TEST_F(ChooseStepOnCpu, TakesTheFusedOneInBf16WhereTheProcessorMultipliesIt) {
  execution_.set_precision(v1::PRECISION_BF16);
  const bool multiplies = FindBf16ConvKernels("avx512bf16") != nullptr;
  EXPECT_EQ(Choose("auto")->name, multiplies ? "fused" : "plain");
}

TEST_F(ChooseStepOnCpu, TakesThePlainOneForABatchPastItsMemory) {
  recipe_.set_batch_size(1'000'000'000);
  EXPECT_EQ(Choose("auto")->name, "plain");
  EXPECT_THAT(Choose("auto")->reason, HasSubstr("batch_size: expected at most "));
}

// What recipes may say beside their network, and why it is not for the fused step.
struct Misfit {
  const char* text;
  const char* reason;
};

TEST_F(ChooseStepOnCpu, FallsBackToThePlainOneForWhatTheFusedOneDoesNotTake) {
  const v1::Recipe fitting = recipe_;
  const Misfit misfits[] = {
      {"loss { mean_squared_error {} }", "loss: expected cross_entropy, got mean_squared_error"},
      {"loss { cross_entropy { class_weights: [1, 1, 2] } }",
       "loss.cross_entropy.class_weights: expected none, got some"},
      {"float64: true", "float64: expected 32-bit numbers, got 64-bit ones"}};
  for (const Misfit& misfit : misfits) {
    recipe_ = fitting;
    recipe_.MergeFrom(MessageOfText<v1::Recipe>(misfit.text));
    EXPECT_EQ(Choose("auto")->name, "plain");
    EXPECT_EQ(Choose("auto")->reason, absl::StrCat("the fused step does not fit: ", misfit.reason));
  }
}

TEST_F(ChooseStepOnCpu, TakesTheFusedOneForEveryUpdateOfTheWeights) {
  const v1::Recipe fitting = recipe_;
  for (const char* text :
       {"optimizer { adam { learning_rate: 1 } }", "optimizer { rmsprop { learning_rate: 1 } }",
        "gradient_clipping { max_norm: 1 }", "accumulate_batches: 2"}) {
    recipe_ = fitting;
    recipe_.MergeFrom(MessageOfText<v1::Recipe>(text));
    EXPECT_EQ(Choose("auto")->name, "fused") << text;
  }
}

TEST(CapturedSteps, TakeEveryLossButOnlyUpdatesBySgdAfterEachBatch) {
  const auto answer = [](const char* text) {
    v1::Recipe recipe = SmallRecipe();
    recipe.MergeFrom(MessageOfText<v1::Recipe>(text));
    return std::string(FitsCapturedSteps(recipe).message());
  };
  EXPECT_EQ(answer("loss { huber {} } gradient_clipping { max_value: 1 }"), "");
  EXPECT_EQ(answer("optimizer { rmsprop {} }"), "optimizer: expected sgd, got rmsprop");
  EXPECT_EQ(answer("accumulate_batches: 2"),
            "accumulate_batches: expected an update for each batch, got 2");
  EXPECT_EQ(answer("float64: true"), "float64: expected 32-bit numbers, got 64-bit ones");
}

TEST_F(ChooseStepOnCpu, RefusesAPrecisionBesideFloat64) {
  recipe_.set_float64(true);
  execution_.set_precision(v1::PRECISION_BF16);
  EXPECT_THAT(std::string(Choose("auto").status().message()),
              HasSubstr("execution.precision: expected none"));
}

TEST_F(ChooseStepOnCpu, RefusesTheOthers) {
  EXPECT_EQ(Choose("captured").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Choose("no such").status().message()),
              HasSubstr("expected auto, plain, fused, captured or captured_channels_last, got "
                        "no such"));
}

}  // namespace
}  // namespace traind
