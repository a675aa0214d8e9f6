#include "server/recipes/trace_validation.h"

#include "gtest/gtest.h"
#include "server/recipes/recipe_validation.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

v1::Execution Traced() {
  v1::Execution execution;
  execution.set_trace(true);
  return execution;
}

TEST(ValidateTrace, TakesTheSmallNetworkOfTheAssignment) {
  EXPECT_EQ(MessageOf(ValidateExecution(Traced())), "");
  EXPECT_EQ(MessageOf(ValidateTogether(ShippedRecipe("backprop"), Traced())), "");
  EXPECT_EQ(MessageOf(ValidateTraceLength(ShippedRecipe("backprop"), 1)), "");
}

TEST(ValidateTrace, RefusesALargeNetwork) {
  EXPECT_EQ(MessageOf(ValidateTogether(ShippedRecipe("s4"), Traced())),
            "execution.trace: expected a network of at most 1000 parameters "
            "(trace_parameters_max), got 17962");
  EXPECT_EQ(MessageOf(ValidateTogether(ShippedRecipe("s4"), v1::Execution())), "");
}

TEST(ValidateTrace, RefusesBatchesOfMoreValuesThanItKeeps) {
  v1::Recipe recipe = ShippedRecipe("backprop");
  // Two inputs, two targets and four layers of two: 12 values a sample beside 16.
  recipe.set_batch_size(832);
  EXPECT_EQ(MessageOf(ValidateTrace(recipe, Traced())), "");
  recipe.set_batch_size(833);
  EXPECT_EQ(MessageOf(ValidateTrace(recipe, Traced())),
            "execution.trace: expected at most 10000 values a step (trace_values_max), got 10012; "
            "use a smaller batch_size");
}

TEST(ValidateTrace, RefusesStepsThatAreNotPlain) {
  v1::Execution execution = Traced();
  execution.set_step("plain");
  EXPECT_EQ(MessageOf(ValidateTrace(ShippedRecipe("backprop"), execution)), "");
  execution.set_step("fused");
  EXPECT_EQ(MessageOf(ValidateTrace(ShippedRecipe("backprop"), execution)),
            "execution.trace: expected execution.step plain, or none, got fused");
}

TEST(ValidateTraceLength, RefusesMoreStepsThanItKeeps) {
  v1::Recipe recipe = ShippedRecipe("backprop");
  EXPECT_EQ(MessageOf(ValidateTraceLength(recipe, 1000)), "");
  EXPECT_EQ(MessageOf(ValidateTraceLength(recipe, 1001)),
            "execution.trace: expected a run of at most 1000000 steps (trace_steps_max), got "
            "1001000; use fewer epochs or a larger batch_size");
}

TEST(ValidateTraceLength, RefusesMoreBytesThanItKeeps) {
  v1::Recipe recipe = ShippedRecipe("backprop");
  recipe.set_batch_size(100);
  // 1000 epochs of 14 steps, each of 4 + 16 + 12 * 100 numbers of 8 bytes.
  EXPECT_EQ(MessageOf(ValidateTraceLength(recipe, 1400)), "");
  recipe.set_epoch_count(8000);
  EXPECT_EQ(MessageOf(ValidateTraceLength(recipe, 1400)),
            "execution.trace: expected a trace of at most 1073741824 bytes (trace_bytes_max), got "
            "1093120000, 112000 steps; use fewer epochs");
}

}  // namespace
}  // namespace traind
