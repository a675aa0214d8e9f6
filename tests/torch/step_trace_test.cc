// What a training with execution.trace records.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "server/torch/checkpoint/manifest.h"
#include "server/torch/checkpoint/training_record.h"
#include "server/torch/train/inline_rows.h"
#include "server/torch/train/trainer.h"
#include "tests/recipes/recipe_fixture.h"
#include "tests/torch/memory_trace.h"
#include "tests/torch/plain_backprop.h"
#include "tests/torch/small_recipe.h"
#include "tests/torch/training_fakes.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using worker::v1::Finished;

class StepTraceTest : public testing::Test {
 protected:
  StepTraceTest() {
    execution_.set_thread_count(1);
    execution_.set_trace(true);
  }

  Finished Train(const v1::Recipe& recipe, MemoryStore& store, RecordingReporter& reporter,
                 std::stop_token stop = {}) {
    return traind::Train({recipe, execution_, train_, eval_, &trace_}, reporter, store,
                         std::move(stop));
  }
  Finished Train(const v1::Recipe& recipe) {
    MemoryStore store;
    RecordingReporter reporter;
    return Train(recipe, store, reporter);
  }

  v1::Execution execution_;
  Split train_ = SmallSplit(20, 1);
  Split eval_ = SmallSplit(10, 2);
  MemoryTrace trace_;
};

TEST_F(StepTraceTest, TwoThousandRowsAreThoseOfPlainGradientDescent) {
  v1::Recipe recipe = ShippedRecipe("backprop");
  recipe.set_epoch_count(2000);
  train_ = eval_ = SplitOfRows(recipe);
  execution_.mutable_checkpoints()->set_every_epochs(1000);
  MemoryStore store;
  RecordingReporter reporter;
  ASSERT_EQ(Train(recipe, store, reporter).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  ASSERT_EQ(trace_.rows.size(), 2000u);
  ASSERT_EQ(trace_.rows[0].values_size(), 28);
  EXPECT_NEAR(trace_.rows[0].loss(), 0.24252, 5e-6);
  plain_backprop::Weights w = plain_backprop::kFirst;
  for (int64_t i = 0; i < 2000; ++i) {
    SCOPED_TRACE(i);
    const v1::TraceRow& row = trace_.rows[i];
    const plain_backprop::Flow flow = plain_backprop::Forward(w);
    const plain_backprop::Weights gradient = plain_backprop::Derivatives(w);
    EXPECT_EQ(row.step(), i + 1);
    EXPECT_EQ(row.epoch(), i + 1);
    EXPECT_EQ(row.sample_count(), 1);
    EXPECT_NEAR(row.loss(), flow.loss, 1e-12);
    std::vector<double> expected = {0.05, 0.10, 0.01, 0.99};
    expected.insert(expected.end(), w.begin(), w.end());
    for (const double value :
         {flow.h1, flow.h2, flow.a_h1, flow.a_h2, flow.o1, flow.o2, flow.a_o1, flow.a_o2}) {
      expected.push_back(value);
    }
    expected.insert(expected.end(), gradient.begin(), gradient.end());
    for (int v = 0; v < 28; ++v) EXPECT_NEAR(row.values(v), expected[v], 1e-10) << "value " << v;
    if (HasFailure()) return;
    for (int v = 0; v < 8; ++v) w[v] -= gradient[v];  // the recipe's rate is 1
  }
}

TEST_F(StepTraceTest, ChangesNoBitsOfAPlainTraining) {
  MemoryStore traced;
  RecordingReporter reporter;
  ASSERT_EQ(Train(SmallRecipe(), traced, reporter).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  EXPECT_THAT(reporter.Of(v1::Event::kMessage).front().message().text(),
              HasSubstr("steps: plain; the others cannot be traced"));
  execution_.set_trace(false);
  execution_.set_step("plain");
  MemoryStore plain;
  ASSERT_EQ(Train(SmallRecipe(), plain, reporter).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(traced.NewestFile(kWeightsFileName), plain.NewestFile(kWeightsFileName));
}

// The small recipe's second layer, a relu, overwrites what the first one gave.
TEST_F(StepTraceTest, OutputsAreAsTheirLayerGaveThem) {
  ASSERT_EQ(Train(SmallRecipe()).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  const std::vector<double> before = trace_.Values(0, v1::TRACE_KIND_OUTPUT, "layers.0");
  const std::vector<double> after = trace_.Values(0, v1::TRACE_KIND_OUTPUT, "layers.1");
  ASSERT_EQ(before.size(), 8u * 4 * 8 * 8);
  ASSERT_EQ(after.size(), before.size());
  int negative = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    negative += before[i] < 0;
    EXPECT_EQ(after[i], std::max(before[i], 0.0));
  }
  EXPECT_GT(negative, 0);
}

TEST_F(StepTraceTest, WeightsFollowFromTheGradientsOfTheStepBefore) {
  v1::Recipe recipe = SmallRecipe();
  *recipe.mutable_optimizer() = v1::Optimizer();
  recipe.mutable_optimizer()->mutable_sgd()->set_learning_rate(0.5);
  ASSERT_EQ(Train(recipe).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  for (size_t row = 0; row + 1 < trace_.rows.size(); ++row) {
    const auto weight = trace_.Values(row, v1::TRACE_KIND_WEIGHT, "layers.9.weight");
    const auto gradient = trace_.Values(row, v1::TRACE_KIND_GRADIENT, "layers.9.weight");
    const auto next = trace_.Values(row + 1, v1::TRACE_KIND_WEIGHT, "layers.9.weight");
    ASSERT_EQ(weight.size(), 18u);
    for (size_t i = 0; i < weight.size(); ++i) {
      EXPECT_NEAR(next[i], weight[i] - 0.5 * gradient[i], 1e-6);
    }
  }
}

TEST_F(StepTraceTest, AShorterBatchLeavesTheRestOfItsPlacesEmpty) {
  ASSERT_EQ(Train(SmallRecipe()).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  ASSERT_EQ(trace_.rows.size(), 6u);  // two epochs of 8, 8 and 4 rows
  EXPECT_EQ(trace_.rows[1].sample_count(), 8);
  EXPECT_EQ(trace_.rows[2].sample_count(), 4);
  const std::vector<double> logits = trace_.Values(2, v1::TRACE_KIND_OUTPUT, "layers.9");
  ASSERT_EQ(logits.size(), 8u * 3);
  for (size_t i = 0; i < logits.size(); ++i) EXPECT_EQ(std::isnan(logits[i]), i >= 12) << i;
  const std::vector<double> targets = trace_.Values(2, v1::TRACE_KIND_TARGET, "targets");
  ASSERT_EQ(targets.size(), 8u);
  for (size_t i = 0; i < targets.size(); ++i) EXPECT_EQ(std::isnan(targets[i]), i >= 4) << i;
}

TEST_F(StepTraceTest, ARunThatWasStoppedHasEachStepOnce) {
  MemoryStore undisturbed;
  RecordingReporter reporter;
  execution_.set_log_every_steps(1);
  Train(SmallRecipe(), undisturbed, reporter);
  const std::vector<v1::TraceRow> expected = trace_.rows;
  for (int64_t step = 1; step < 6; ++step) {
    SCOPED_TRACE(step);
    trace_ = MemoryTrace();
    MemoryStore store;
    RecordingReporter stopping;
    std::stop_source stop;
    stopping.on_event = [&](const v1::Event& event) {
      if (event.has_train_step() && event.train_step().step() == step) stop.request_stop();
    };
    ASSERT_EQ(Train(SmallRecipe(), store, stopping, stop.get_token()).outcome(),
              worker::v1::OUTCOME_STOPPED);
    EXPECT_EQ(trace_.flushed, static_cast<size_t>(step));
    // Steps after the checkpoint, as a crash leaves them.
    trace_.rows.resize(trace_.rows.size() + 2);
    ASSERT_EQ(Train(SmallRecipe(), store, reporter).outcome(), worker::v1::OUTCOME_SUCCEEDED);
    ASSERT_EQ(trace_.rows.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(trace_.rows[i].SerializeAsString(), expected[i].SerializeAsString());
    }
  }
}

TEST_F(StepTraceTest, IsFlushedBeforeACheckpointIsWritten) {
  MemoryStore store;
  RecordingReporter reporter;
  std::vector<size_t> flushed;
  reporter.on_event = [&](const v1::Event& event) {
    if (event.has_checkpoint_written()) flushed.push_back(trace_.flushed);
  };
  Train(SmallRecipe(), store, reporter);
  EXPECT_THAT(flushed, ElementsAre(3, 6));
}

TEST_F(StepTraceTest, ADiskThatIsFullEndsTheRun) {
  trace_.failure = absl::ResourceExhaustedError("the disk is full");
  const Finished finished = Train(SmallRecipe());
  EXPECT_EQ(finished.error().failure_class(), v1::FAILURE_CLASS_RESOURCE);
  EXPECT_EQ(finished.error().message(), "the disk is full");
}

TEST_F(StepTraceTest, NothingIsKeptUnlessAskedFor) {
  execution_.set_trace(false);
  EXPECT_EQ(Train(SmallRecipe()).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  EXPECT_TRUE(trace_.rows.empty());
}

}  // namespace
}  // namespace traind
