#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/recipes/recipe_validation.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

v1::Execution OnDevice(const std::string& device) {
  v1::Execution execution;
  execution.set_device(device);
  return execution;
}

TEST(ValidateExecution, KnowsItsDevices) {
  for (const char* device : {"", "cpu", "cuda", "cuda:0", "cuda:15", "auto"}) {
    EXPECT_TRUE(ValidateExecution(OnDevice(device)).ok()) << device;
  }
}

TEST(ValidateExecution, RefusesOtherDevices) {
  for (const char* device : {"gpu", "CPU", "cuda:", "cuda:-1", "cuda:x", "cuda:100", "cpu "}) {
    EXPECT_EQ(MessageOf(ValidateExecution(OnDevice(device))),
              "execution.device: expected cpu, cuda, cuda:N with N from 0 to 99, or auto, got `" +
                  std::string(device) + "`");
  }
}

TEST(ValidateExecution, RefusesNegativeCounts) {
  v1::Execution threads;
  threads.set_thread_count(-1);
  EXPECT_EQ(MessageOf(ValidateExecution(threads)),
            "execution.thread_count: expected a whole number from 0 to 4096, got -1");
  v1::Execution retries;
  retries.set_max_retries(-1);
  EXPECT_EQ(MessageOf(ValidateExecution(retries)),
            "execution.max_retries: expected a whole number from 0 to 1000, got -1");
  v1::Execution steps;
  steps.set_log_every_steps(-1);
  EXPECT_EQ(MessageOf(ValidateExecution(steps)),
            "execution.log_every_steps: expected a whole number from 0 to 1000000000, got -1");
  v1::Execution checkpoints;
  checkpoints.mutable_checkpoints()->set_every_steps(-1);
  EXPECT_EQ(
      MessageOf(ValidateExecution(checkpoints)),
      "execution.checkpoints.every_steps: expected a whole number from 0 to 1000000000, got -1");
}

TEST(ValidateExecution, BoundsTheCheckpointsThatAreKept) {
  v1::Execution execution;
  execution.mutable_checkpoints()->set_keep_best(1001);
  EXPECT_EQ(MessageOf(ValidateExecution(execution)),
            "execution.checkpoints.keep_best: expected a whole number from 0 to 1000, got 1001");
}

TEST(ValidateExecution, RefusesAnUnknownPrecision) {
  v1::Execution execution;
  execution.set_precision(static_cast<v1::Precision>(7));
  EXPECT_EQ(
      MessageOf(ValidateExecution(execution)),
      "execution.precision: expected PRECISION_FP32, PRECISION_TF32 or PRECISION_BF16, got 7");
}

TEST(ValidateExecution, KnowsTheWaysToComputeSteps) {
  v1::Execution execution;
  for (const char* step : {"", "auto", "plain", "fused", "captured", "captured_channels_last"}) {
    execution.set_step(step);
    EXPECT_TRUE(ValidateExecution(execution).ok()) << step;
  }
  execution.set_step("fastest");
  EXPECT_EQ(MessageOf(ValidateExecution(execution)),
            "execution.step: expected auto, plain, fused, captured or captured_channels_last, got "
            "`fastest`");
}

TEST(ValidateExecution, PriorityMayBeNegative) {
  v1::Execution execution;
  execution.set_priority(-5);
  EXPECT_TRUE(ValidateExecution(execution).ok());
}

}  // namespace
}  // namespace traind
