// Trainings on a GPU: their bits can be had again, from wherever they were stopped, by
// each way to compute steps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cmath>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "server/torch/checkpoint/manifest.h"
#include "server/torch/checkpoint/training_record.h"
#include "server/torch/train/trainer.h"
#include "tests/torch/gpu/gpu_fixture.h"
#include "tests/torch/small_recipe.h"
#include "tests/torch/training_fakes.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using worker::v1::Finished;

std::vector<float> Losses(const RecordingReporter& reporter) {
  std::vector<float> losses;
  for (const v1::Event& event : reporter.Of(v1::Event::kTrainStep)) {
    losses.push_back(event.train_step().loss());
  }
  return losses;
}

// An epoch of 300 rows: 37 batches of 8 and one of 4.
class TrainingOnGpu : public GpuTest {
 protected:
  TrainingOnGpu() {
    execution_.set_device("cuda:0");
    execution_.set_thread_count(2);
    execution_.set_log_every_steps(1);
    // Everything that has state.
    recipe_.mutable_network()->mutable_layers(3)->mutable_dropout()->set_probability(0.2);
    recipe_.mutable_network()->mutable_layers(4)->mutable_conv2d()->set_kernel_size(3);
    recipe_.mutable_data()->mutable_augmentation()->set_shift_pixels(1);
    recipe_.mutable_ema()->set_decay(0.9);
    recipe_.mutable_ema()->set_every_steps(5);
    v1::OneCycle& schedule = *recipe_.mutable_schedule()->mutable_one_cycle();
    schedule.set_warmup_fraction(0.25);
    schedule.set_start_divisor(10);
    schedule.set_end_divisor(1000);
  }

  Finished Train(MemoryStore& store, RecordingReporter& reporter, std::stop_token stop = {}) {
    return traind::Train({recipe_, execution_, train_, eval_}, reporter, store, stop);
  }

  v1::Recipe recipe_ = SmallRecipe();
  v1::Execution execution_;
  const Split train_ = SmallSplit(300, 1);
  const Split eval_ = SmallSplit(40, 2);
};

class EveryStepOnGpu
    : public TrainingOnGpu,
      public ::testing::WithParamInterface<std::tuple<std::string, v1::Precision>> {
 protected:
  EveryStepOnGpu() {
    execution_.set_step(std::get<0>(GetParam()));
    execution_.set_precision(std::get<1>(GetParam()));
  }
};

TEST_P(EveryStepOnGpu, GivesTheSameBytesAgain) {
  MemoryStore first;
  RecordingReporter expected;
  const Finished finished = Train(first, expected);
  ASSERT_EQ(finished.outcome(), worker::v1::OUTCOME_SUCCEEDED) << finished.error().message();
  MemoryStore second;
  RecordingReporter reporter;
  Train(second, reporter);
  EXPECT_EQ(Losses(reporter), Losses(expected));
  EXPECT_EQ(second.NewestFile(kTrainingTensorsFileName),
            first.NewestFile(kTrainingTensorsFileName));
}

TEST_P(EveryStepOnGpu, GivesTheSameBitsFromWhereverItWasStopped) {
  MemoryStore undisturbed;
  RecordingReporter expected;
  const Finished finished = Train(undisturbed, expected);
  ASSERT_EQ(finished.outcome(), worker::v1::OUTCOME_SUCCEEDED) << finished.error().message();
  for (const int64_t step : {1, 17, 37, 38, 60}) {
    SCOPED_TRACE(step);
    MemoryStore store;
    RecordingReporter reporter;
    std::stop_source stop;
    reporter.on_event = [&](const v1::Event& event) {
      if (event.has_train_step() && event.train_step().step() == step) stop.request_stop();
    };
    ASSERT_EQ(Train(store, reporter, stop.get_token()).outcome(), worker::v1::OUTCOME_STOPPED);
    reporter.on_event = nullptr;
    ASSERT_EQ(Train(store, reporter).outcome(), worker::v1::OUTCOME_SUCCEEDED);
    EXPECT_EQ(store.NewestFile(kTrainingTensorsFileName),
              undisturbed.NewestFile(kTrainingTensorsFileName));
    EXPECT_EQ(store.NewestFile(kWeightsFileName), undisturbed.NewestFile(kWeightsFileName));
    EXPECT_EQ(Losses(reporter), Losses(expected));
  }
}

// A shorter recording gives the bits of a longer one: checkpoints cut them up.
TEST_P(EveryStepOnGpu, GivesTheSameBitsHoweverManyStepsAreLaunchedAtOnce) {
  MemoryStore undisturbed;
  RecordingReporter expected;
  Train(undisturbed, expected);
  execution_.mutable_checkpoints()->set_every_steps(7);
  MemoryStore store;
  RecordingReporter reporter;
  ASSERT_EQ(Train(store, reporter).outcome(), worker::v1::OUTCOME_SUCCEEDED);
  EXPECT_EQ(Losses(reporter), Losses(expected));
  EXPECT_EQ(store.NewestFile(kTrainingTensorsFileName),
            undisturbed.NewestFile(kTrainingTensorsFileName));
}

TEST_P(EveryStepOnGpu, LearnsToTellTheStripesApart) {
  recipe_.set_epoch_count(6);
  MemoryStore store;
  RecordingReporter reporter;
  Train(store, reporter);
  const v1::EpochFinished epoch = reporter.Of(v1::Event::kEpochFinished).back().epoch_finished();
  EXPECT_EQ(epoch.eval_correct_count(), 40);
  EXPECT_EQ(epoch.train_sample_count(), 300);
  EXPECT_GT(epoch.train_correct_count(), 200);
  EXPECT_LE(epoch.train_correct_count(), 300);
}

INSTANTIATE_TEST_SUITE_P(
    Ways, EveryStepOnGpu,
    ::testing::Combine(::testing::Values("plain", "captured", "captured_channels_last"),
                       ::testing::Values(v1::PRECISION_FP32, v1::PRECISION_TF32,
                                         v1::PRECISION_BF16)),
    [](const auto& info) {
      std::string name = std::get<0>(info.param);
      name[0] = static_cast<char>(std::toupper(name[0]));
      for (size_t at = name.find('_'); at != std::string::npos; at = name.find('_')) {
        name.erase(at, 1);
        name[at] = static_cast<char>(std::toupper(name[at]));
      }
      return name + v1::Precision_Name(std::get<1>(info.param)).substr(10);
    });

TEST_F(TrainingOnGpu, CapturedStepsAndTheCpuFollowPlainOnes) {
  // Dropout's numbers differ between devices.
  recipe_.mutable_network()->mutable_layers(3)->mutable_dropout()->set_probability(0);
  std::vector<std::vector<float>> losses;
  std::vector<v1::EpochFinished> ends;
  for (const auto& [device, step] :
       {std::pair("cuda:0", "plain"), std::pair("cuda:0", "captured"), std::pair("cpu", "plain")}) {
    execution_.set_device(device);
    execution_.set_step(step);
    MemoryStore store;
    RecordingReporter reporter;
    const Finished finished = Train(store, reporter);
    ASSERT_EQ(finished.outcome(), worker::v1::OUTCOME_SUCCEEDED) << finished.error().message();
    losses.push_back(Losses(reporter));
    ends.push_back(reporter.Of(v1::Event::kEpochFinished).back().epoch_finished());
  }
  for (size_t way = 1; way < losses.size(); ++way) {
    ASSERT_EQ(losses[way].size(), losses[0].size());
    for (size_t i = 0; i < losses[0].size(); ++i) {
      // Sums in another order; each step carries the differences on.
      EXPECT_NEAR(losses[way][i], losses[0][i], i < 10 ? 1e-4 : 2e-2) << "step " << i + 1;
    }
    EXPECT_NEAR(ends[way].eval_loss(), ends[0].eval_loss(), 2e-2);
  }
}

TEST_F(TrainingOnGpu, SaysOnWhatItRunsAndHow) {
  MemoryStore store;
  RecordingReporter reporter;
  Train(store, reporter);
  EXPECT_THAT(reporter.Of(v1::Event::kMessage).at(0).message().text(),
              HasSubstr("steps: captured"));
  const auto record = ReadTrainingRecord(store.NewestFile(kTrainingRecordFileName));
  ASSERT_TRUE(record.ok());
  EXPECT_THAT(record->basis.device, HasSubstr("cuda "));
  EXPECT_EQ(record->basis.step, "captured");
}

TEST_F(TrainingOnGpu, NamesTheStepWhoseLossIsNotFinite) {
  recipe_.mutable_network()->mutable_layers()->DeleteSubrange(6, 1);  // nothing tames it
  recipe_.mutable_network()->mutable_layers()->DeleteSubrange(2, 1);
  recipe_.clear_schedule();
  recipe_.mutable_optimizer()->mutable_sgd()->set_learning_rate(1e30);
  MemoryStore store;
  RecordingReporter reporter;
  const Finished finished = Train(store, reporter);
  EXPECT_EQ(finished.error().failure_class(), v1::FAILURE_CLASS_USER);
  const v1::TrainStep last = reporter.Of(v1::Event::kTrainStep).back().train_step();
  EXPECT_TRUE(std::isfinite(last.loss()));
  EXPECT_EQ(finished.error().step(), last.step() + 1);
}

}  // namespace
}  // namespace traind
