// Steps that are recorded and launched, on the CPU with calls in the place of graphs:
// what they do with tables, counters and remainders must be what plain steps do.
#include "server/torch/train/captured_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "server/torch/checkpoint/manifest.h"
#include "server/torch/checkpoint/training_record.h"
#include "server/torch/nn/network_state.h"
#include "server/torch/train/training.h"
#include "server/torch/train/weight_average.h"
#include "tests/torch/recorded_call.h"
#include "tests/torch/small_recipe.h"
#include "tests/torch/training_fakes.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// An epoch of 300 rows: 37 batches of 8, which are two recordings of 16 and 5 of one,
// and a batch of 4.
constexpr int64_t kStepsOfEpoch = 38;
constexpr int kLaunchesOfEpoch = 2 + 5 + 1;

class Captured : public ::testing::Test {
 protected:
  Captured() {
    at::set_num_threads(1);
    execution_.set_thread_count(1);
    // Everything that has state.
    recipe_.mutable_network()->mutable_layers(3)->mutable_dropout()->set_probability(0.2);
    recipe_.mutable_network()->mutable_layers(4)->mutable_conv2d()->set_kernel_size(3);
    *recipe_.mutable_data()->mutable_augmentation() = EveryAugmentation();
    recipe_.mutable_ema()->set_decay(0.9);
    recipe_.mutable_ema()->set_every_steps(5);
    // A rate that float32 holds: the tables on the device have no more.
    recipe_.mutable_optimizer()->mutable_sgd()->set_learning_rate(0.0625);
    recipe_.set_epoch_count(2);
  }

  StepChoice Plain() {
    v1::Execution execution;
    execution.set_step("plain");
    return *ChooseStep(recipe_, execution, at::kCPU);
  }
  StepChoice Recorded(at::MemoryFormat format = at::MemoryFormat::Contiguous) {
    return RecordedCalls(format, launch_count_);
  }

  absl::StatusOr<worker::v1::Outcome> Train(const StepChoice& choice, MemoryStore& store,
                                            RecordingReporter& reporter,
                                            std::stop_token stop = {}) {
    const TrainingJob job{recipe_, execution_, train_, eval_};
    auto training = Training::Create(job, at::kCPU, choice, reporter, store);
    if (!training.ok()) return training.status();
    launch_count_ = 0;
    return (*training)->Run(stop);
  }

  v1::Recipe recipe_ = SmallRecipe();
  v1::Execution execution_;
  const Split train_ = SmallSplit(300, 1);
  const Split eval_ = SmallSplit(40, 2);
  int launch_count_ = 0;
};

std::vector<float> Losses(const RecordingReporter& reporter) {
  std::vector<float> losses;
  for (const v1::Event& event : reporter.Of(v1::Event::kTrainStep)) {
    losses.push_back(event.train_step().loss());
  }
  return losses;
}

TEST_F(Captured, GivesTheStateAndLossesOfPlainSteps) {
  execution_.set_log_every_steps(1);
  MemoryStore plain;
  RecordingReporter expected;
  ASSERT_TRUE(Train(Plain(), plain, expected).ok());
  MemoryStore store;
  RecordingReporter reporter;
  ASSERT_TRUE(Train(Recorded(), store, reporter).ok());

  EXPECT_EQ(launch_count_, 2 * kLaunchesOfEpoch);
  EXPECT_EQ(Losses(reporter).size(), 2u * kStepsOfEpoch);
  EXPECT_EQ(Losses(reporter), Losses(expected));
  EXPECT_EQ(store.NewestFile(kTrainingTensorsFileName), plain.NewestFile(kTrainingTensorsFileName));
  EXPECT_EQ(store.NewestFile(kWeightsFileName), plain.NewestFile(kWeightsFileName));
}

TEST_F(Captured, GivesTheStateOfPlainStepsInBf16) {
  execution_.set_precision(v1::PRECISION_BF16);
  MemoryStore plain;
  RecordingReporter expected;
  ASSERT_TRUE(Train(Plain(), plain, expected).ok());
  MemoryStore store;
  RecordingReporter reporter;
  ASSERT_TRUE(Train(Recorded(), store, reporter).ok());
  EXPECT_EQ(store.NewestFile(kTrainingTensorsFileName), plain.NewestFile(kTrainingTensorsFileName));
}

TEST_F(Captured, FollowsASchedule) {
  v1::OneCycle& schedule = *recipe_.mutable_schedule()->mutable_one_cycle();
  schedule.set_warmup_fraction(0.25);
  schedule.set_start_divisor(10);
  schedule.set_end_divisor(1000);
  execution_.set_log_every_steps(1);
  MemoryStore plain;
  RecordingReporter expected;
  ASSERT_TRUE(Train(Plain(), plain, expected).ok());
  MemoryStore store;
  RecordingReporter reporter;
  ASSERT_TRUE(Train(Recorded(), store, reporter).ok());

  // The rates are rounded to float32: a relative error of 2^-24 in each update.
  const std::vector<float> losses = Losses(reporter);
  ASSERT_EQ(losses.size(), Losses(expected).size());
  for (size_t i = 0; i < losses.size(); ++i) EXPECT_NEAR(losses[i], Losses(expected)[i], 1e-4);
}

TEST_F(Captured, InAnotherMemoryLayoutComputesTheSame) {
  execution_.set_log_every_steps(1);
  MemoryStore plain;
  RecordingReporter expected;
  ASSERT_TRUE(Train(Plain(), plain, expected).ok());
  MemoryStore store;
  RecordingReporter reporter;
  ASSERT_TRUE(Train(Recorded(at::MemoryFormat::ChannelsLast), store, reporter).ok());

  const std::vector<float> losses = Losses(reporter);
  ASSERT_EQ(losses.size(), Losses(expected).size());
  // Sums in another order round otherwise, and training makes more of the difference with
  // every step: only two recordings are compared, most of an epoch.
  for (size_t i = 0; i < 32; ++i) EXPECT_NEAR(losses[i], Losses(expected)[i], 1e-4) << i;
}

TEST_F(Captured, GivesTheSameBitsFromWhereverItWasStopped) {
  execution_.set_log_every_steps(1);
  MemoryStore undisturbed;
  RecordingReporter expected;
  ASSERT_TRUE(Train(Recorded(), undisturbed, expected).ok());
  for (const int64_t step : {1, 16, 17, 33, 36, 37, 39, 60}) {
    SCOPED_TRACE(step);
    MemoryStore store;
    RecordingReporter reporter;
    std::stop_source stop;
    reporter.on_event = [&](const v1::Event& event) {
      if (event.has_train_step() && event.train_step().step() == step) stop.request_stop();
    };
    ASSERT_EQ(*Train(Recorded(), store, reporter, stop.get_token()), worker::v1::OUTCOME_STOPPED);
    EXPECT_GE(store.written.back().step, step);
    reporter.on_event = nullptr;
    ASSERT_EQ(*Train(Recorded(), store, reporter), worker::v1::OUTCOME_SUCCEEDED);
    EXPECT_EQ(store.NewestFile(kTrainingTensorsFileName),
              undisturbed.NewestFile(kTrainingTensorsFileName));
    EXPECT_EQ(store.NewestFile(kWeightsFileName), undisturbed.NewestFile(kWeightsFileName));
    EXPECT_EQ(Losses(reporter), Losses(expected));
  }
}

TEST_F(Captured, WritesCheckpointsAtTheVeryStepsOfThePolicy) {
  execution_.mutable_checkpoints()->set_every_steps(7);
  MemoryStore store;
  RecordingReporter reporter;
  ASSERT_TRUE(Train(Recorded(), store, reporter).ok());
  std::vector<int64_t> steps;
  for (const MemoryStore::Written& written : store.written) steps.push_back(written.step);
  EXPECT_THAT(steps, ElementsAre(7, 14, 21, 28, 35, 38, 42, 49, 56, 63, 70, 76));

  const std::string newest = store.NewestFile(kTrainingTensorsFileName);
  for (const MemoryStore::Written& written : store.written) {
    MemoryStore crashed;  // as a crash some time later leaves it
    crashed.kept[CheckpointStore::Name(written.step)] = written.files;
    if (written.step == 76) continue;
    ASSERT_TRUE(Train(Recorded(), crashed, reporter).ok());
    EXPECT_EQ(crashed.NewestFile(kTrainingTensorsFileName), newest) << written.step;
  }
}

TEST_F(Captured, ReportsEachLoggedStepByItsOwnNumberLossAndRate) {
  execution_.set_log_every_steps(1);
  MemoryStore every;
  RecordingReporter all;
  ASSERT_TRUE(Train(Recorded(), every, all).ok());
  execution_.set_log_every_steps(6);  // within recordings
  MemoryStore store;
  RecordingReporter reporter;
  ASSERT_TRUE(Train(Recorded(), store, reporter).ok());

  const std::vector<v1::Event> events = reporter.Of(v1::Event::kTrainStep);
  ASSERT_EQ(events.size(), 1 + 2 * kStepsOfEpoch / 6);
  for (size_t i = 0; i < events.size(); ++i) {
    const v1::TrainStep& step = events[i].train_step();
    EXPECT_EQ(step.step(), i == 0 ? 1 : static_cast<int64_t>(i) * 6);
    EXPECT_EQ(step.loss(), Losses(all)[step.step() - 1]);
    EXPECT_EQ(step.learning_rate(), 0.0625);
  }
}

TEST_F(Captured, NamesTheStepWithinARecordingWhoseLossIsNotFinite) {
  execution_.set_log_every_steps(1);
  recipe_.mutable_network()->mutable_layers()->DeleteSubrange(6, 1);  // nothing tames it
  recipe_.mutable_network()->mutable_layers()->DeleteSubrange(2, 1);
  recipe_.mutable_optimizer()->mutable_sgd()->set_learning_rate(1e30);
  MemoryStore store;
  RecordingReporter reporter;

  const absl::Status status = Train(Recorded(), store, reporter).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const int64_t last = reporter.Of(v1::Event::kTrainStep).back().train_step().step();
  EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat(" at step ", last + 1, " (")));
}

TEST_F(Captured, PreparingLeavesWeightsAndDropoutAsTheyWere) {
  Network network = *Network::Build(recipe_.network(), 3, at::kCPU);
  Network average = *Network::Build(recipe_.network(), 3, at::kCPU);
  const std::string before = *SaveState(network);
  DataFeed feed(train_, recipe_, at::kCPU);
  const LearningRate learning_rate(recipe_, 2 * kStepsOfEpoch);
  EpochFigures figures(kStepsOfEpoch, at::kCPU);
  const auto steps = Recorded().make(
      {recipe_, v1::PRECISION_FP32, at::kCPU, network, &average, feed, learning_rate, figures});
  steps->StartEpoch(1, 0);
  StateTensors state_before;
  steps->Save(state_before);

  ASSERT_TRUE(steps->Prepare().ok());

  StateTensors state;
  steps->Save(state);
  state_before.PutNumber("sgd.has_stepped", int64_t{1});  // the momentum is zero, and counts
  EXPECT_EQ(*state.Serialize(), *state_before.Serialize());
  EXPECT_EQ(*SaveState(network), before);
  EXPECT_EQ(*SaveState(average), before);
}

TEST_F(Captured, WorksWithFewerBatchesThanARecordingTakes) {
  recipe_.set_batch_size(100);  // three whole batches
  MemoryStore plain;
  RecordingReporter expected;
  ASSERT_TRUE(Train(Plain(), plain, expected).ok());
  MemoryStore store;
  RecordingReporter reporter;
  ASSERT_TRUE(Train(Recorded(), store, reporter).ok());
  EXPECT_EQ(store.NewestFile(kTrainingTensorsFileName), plain.NewestFile(kTrainingTensorsFileName));
}

TEST_F(Captured, RefusesToGoOnWithStepsOfAnotherKind) {
  MemoryStore store;
  RecordingReporter reporter;
  std::stop_source stop;
  reporter.on_event = [&](const v1::Event& event) {
    if (event.has_epoch_finished()) stop.request_stop();
  };
  ASSERT_TRUE(Train(Plain(), store, reporter, stop.get_token()).ok());
  reporter.on_event = nullptr;
  const absl::Status refused = Train(Recorded(), store, reporter).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("expected step plain, got captured"));
  execution_.set_allow_inexact_resume(true);
  EXPECT_TRUE(Train(Recorded(), store, reporter).ok());
}

TEST(WeightAverage, SharesFollowFromTheStepAlone) {
  v1::Ema options;
  options.set_decay(0.995);
  options.set_every_steps(5);
  EXPECT_EQ(WeightAverage::ShareAt(options, 4), 0);
  EXPECT_DOUBLE_EQ(WeightAverage::ShareAt(options, 5), 1 - 1.0 / 10);
  EXPECT_DOUBLE_EQ(WeightAverage::ShareAt(options, 10), 1 - 2.0 / 11);
  EXPECT_DOUBLE_EQ(WeightAverage::ShareAt(options, 50000), 1 - 0.995);
  EXPECT_EQ(WeightAverage::UpdateCountAt(options, 14), 2);
}

}  // namespace
}  // namespace traind
