// How a training ends when it does not run to its end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "server/torch/torch_headers.h"
#include "server/torch/torch_status.h"
#include "server/torch/train/trainer.h"
#include "tests/torch/small_recipe.h"
#include "tests/torch/training_fakes.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using worker::v1::Finished;

// By the name of the step.
class TrainerEnd : public ::testing::TestWithParam<const char*> {
 protected:
  TrainerEnd() {
    execution_.set_step(GetParam());
    execution_.set_thread_count(1);
    execution_.set_log_every_steps(1);
  }

  Finished Run() {
    return Train({recipe_, execution_, train_, eval_}, reporter_, store_, stop_.get_token());
  }

  v1::Recipe recipe_ = SmallRecipe();
  v1::Execution execution_;
  Split train_ = SmallSplit(60, 1);
  const Split eval_ = SmallSplit(40, 2);
  RecordingReporter reporter_;
  MemoryStore store_;
  std::stop_source stop_;
};

TEST_P(TrainerEnd, StopsAfterTheStepInWhichItIsAskedTo) {
  reporter_.on_event = [&](const v1::Event& event) {
    if (event.has_train_step() && event.train_step().step() == 11) stop_.request_stop();
  };

  const Finished finished = Run();

  EXPECT_EQ(finished.outcome(), worker::v1::OUTCOME_STOPPED);
  EXPECT_FALSE(finished.has_error());
  EXPECT_EQ(reporter_.Of(v1::Event::kTrainStep).back().train_step().step(), 11);
  EXPECT_EQ(store_.written.back().step, 11);
}

TEST_P(TrainerEnd, StopsBeforeTheFirstStepWithoutACheckpoint) {
  stop_.request_stop();
  EXPECT_EQ(Run().outcome(), worker::v1::OUTCOME_STOPPED);
  EXPECT_TRUE(reporter_.Of(v1::Event::kEpochStarted).empty());
  EXPECT_TRUE(store_.written.empty());
}

TEST_P(TrainerEnd, SucceedsWhenItIsAskedToStopAfterItsLastEpoch) {
  reporter_.on_event = [&](const v1::Event& event) {
    if (event.has_checkpoint_written() && event.checkpoint_written().epoch() == 2) {
      stop_.request_stop();
    }
  };
  EXPECT_EQ(Run().outcome(), worker::v1::OUTCOME_SUCCEEDED);
}

TEST_P(TrainerEnd, FailsByTheUserWhenTheLossIsNotFiniteAndNamesTheStep) {
  recipe_.mutable_network()->mutable_layers()->DeleteSubrange(6, 1);  // nothing tames it
  recipe_.mutable_network()->mutable_layers()->DeleteSubrange(2, 1);
  recipe_.mutable_optimizer()->mutable_sgd()->set_learning_rate(1e30);

  const Finished finished = Run();

  EXPECT_EQ(finished.outcome(), worker::v1::OUTCOME_FAILED);
  EXPECT_EQ(finished.error().failure_class(), v1::FAILURE_CLASS_USER);
  // The reports before it name the steps whose loss was finite.
  const v1::TrainStep last = reporter_.Of(v1::Event::kTrainStep).back().train_step();
  EXPECT_TRUE(std::isfinite(last.loss()));
  EXPECT_EQ(finished.error().step(), last.step() + 1);
  EXPECT_THAT(finished.error().message(),
              HasSubstr(absl::StrCat(" at step ", last.step() + 1,
                                     " (epoch 1, learning rate 1e+30); try a smaller "
                                     "optimizer.sgd.learning_rate")));
}

TEST_P(TrainerEnd, FailsByResourceWhenTheDiskIsFull) {
  store_.failure = absl::ResourceExhaustedError("disk full");
  const Finished finished = Run();
  EXPECT_EQ(finished.outcome(), worker::v1::OUTCOME_FAILED);
  EXPECT_EQ(finished.error().failure_class(), v1::FAILURE_CLASS_RESOURCE);
  EXPECT_EQ(finished.error().message(), "disk full");
}

TEST_P(TrainerEnd, FailsBySystemWhenTheSinkFailsOtherwise) {
  store_.failure = absl::InternalError("input/output error");
  EXPECT_EQ(Run().error().failure_class(), v1::FAILURE_CLASS_SYSTEM);
}

TEST_P(TrainerEnd, FailsByTheUserWhenTheDataDoesNotFit) {
  train_.labels[0] = 9;
  const Finished finished = Run();
  EXPECT_EQ(finished.error().failure_class(), v1::FAILURE_CLASS_USER);
  EXPECT_FALSE(finished.error().has_step());
  EXPECT_THAT(finished.error().message(), HasSubstr("expected labels below 3"));
}

TEST_P(TrainerEnd, FailsByTheUserWhenTheDeviceIsNotThere) {
  execution_.set_device("cuda:99");
  const Finished finished = Run();
  EXPECT_EQ(finished.error().failure_class(), v1::FAILURE_CLASS_USER);
  EXPECT_THAT(finished.error().message(), HasSubstr("device cuda:99: not found, this machine has"));
}

INSTANTIATE_TEST_SUITE_P(Steps, TrainerEnd, ::testing::Values("plain", "fused"),
                         [](const auto& info) { return std::string(info.param); });

TEST(CatchTorch, TurnsMemoryThatRunsOutIntoResourceExhausted) {
  const absl::Status status = CatchTorch([] {
    at::empty({int64_t{1} << 52});
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("take a smaller batch_size"));
}

TEST(CatchTorch, TurnsOtherFaultsIntoInternalWithTheLibrarysWords) {
  const absl::Status status = CatchTorch([] {
    at::ones({2, 3}).matmul(at::ones({2, 3}));
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot be multiplied (2x3 and 2x3)"));
}

}  // namespace
}  // namespace traind
