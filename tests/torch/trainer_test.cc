#include "server/torch/train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/safetensors.h"
#include "server/torch/checkpoint/manifest.h"
#include "server/torch/nn/network_state.h"
#include "server/torch/train/evaluator.h"
#include "server/torch/train/learning_rate.h"
#include "tests/torch/small_recipe.h"
#include "tests/torch/training_fakes.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using worker::v1::Finished;

// By the name of the step.
class Trainer : public ::testing::TestWithParam<const char*> {
 protected:
  Trainer() {
    execution_.set_step(GetParam());
    if (execution_.step() == "fused") FitFusedStep(recipe_);
    execution_.set_device("cpu");
    execution_.set_thread_count(1);
    execution_.set_log_every_steps(4);
  }

  // A new training.
  Finished Run(std::stop_token stop = {}) {
    store_ = MemoryStore();
    return Train({recipe_, execution_, train_, eval_}, reporter_, store_, stop);
  }

  v1::Recipe recipe_ = SmallRecipe();
  v1::Execution execution_;
  const Split train_ = SmallSplit(60, 1);  // 7 batches of 8 and one of 4
  const Split eval_ = SmallSplit(40, 2);
  RecordingReporter reporter_;
  MemoryStore store_;
};

TEST_P(Trainer, ReportsEpochsStepsAndCheckpointsInOrder) {
  EXPECT_EQ(Run().outcome(), worker::v1::OUTCOME_SUCCEEDED);

  std::vector<v1::Event::PayloadCase> kinds;
  for (const v1::Event& event : reporter_.events) kinds.push_back(event.payload_case());
  EXPECT_THAT(kinds,
              ElementsAre(v1::Event::kMessage, v1::Event::kEpochStarted,
                          v1::Event::kTrainStep,                         // step 1
                          v1::Event::kTrainStep, v1::Event::kTrainStep,  // 4, 8
                          v1::Event::kEpochFinished, v1::Event::kCheckpointWritten,
                          v1::Event::kEpochStarted, v1::Event::kTrainStep, v1::Event::kTrainStep,
                          v1::Event::kEpochFinished, v1::Event::kCheckpointWritten));
  EXPECT_EQ(reporter_.events[1].epoch_started().step_count(), 8);
  const v1::TrainStep& step = reporter_.events[8].train_step();
  EXPECT_EQ(step.step(), 12);
  EXPECT_EQ(step.epoch(), 2);
  EXPECT_EQ(step.learning_rate(), 0.1);
}

TEST_P(Trainer, LearnsToTellTheStripesApart) {
  recipe_.set_epoch_count(8);
  Run();
  const v1::EpochFinished epoch = reporter_.Of(v1::Event::kEpochFinished).back().epoch_finished();
  EXPECT_EQ(epoch.eval_correct_count(), 40);
  EXPECT_EQ(epoch.eval_sample_count(), 40);
}

TEST_P(Trainer, DescribesAnEpochByItsSteps) {
  execution_.set_log_every_steps(1);
  Run();

  const v1::EpochFinished first = reporter_.Of(v1::Event::kEpochFinished)[0].epoch_finished();
  const std::vector<v1::Event> steps = reporter_.Of(v1::Event::kTrainStep);
  double loss_sum = 0;
  for (int i = 0; i < 8; ++i) loss_sum += steps[i].train_step().loss() * (i < 7 ? 8 : 4);
  EXPECT_EQ(first.epoch(), 1);
  EXPECT_EQ(first.step(), 8);
  EXPECT_EQ(first.step_count(), 8);
  EXPECT_EQ(first.last_loss(), steps[7].train_step().loss());
  EXPECT_NEAR(first.train_loss(), loss_sum / 60, 1e-9);
  EXPECT_EQ(first.train_sample_count(), 60);
  EXPECT_GT(first.train_correct_count(), 0);
  EXPECT_LE(first.train_correct_count(), 60);
}

TEST_P(Trainer, TellsHowLongItWaitedForDataAndDisk) {
  Run();
  const v1::EpochFinished epoch = reporter_.Of(v1::Event::kEpochFinished)[0].epoch_finished();
  EXPECT_GT(epoch.data_wait_seconds(), 0);
  EXPECT_LT(epoch.data_wait_seconds(), epoch.train_seconds());
  EXPECT_GT(reporter_.Of(v1::Event::kCheckpointWritten)[0].checkpoint_written().write_seconds(), 0);
}

TEST_P(Trainer, FollowsTheSchedule) {
  execution_.set_log_every_steps(1);
  v1::OneCycle& cycle = *recipe_.mutable_schedule()->mutable_one_cycle();
  cycle.set_warmup_fraction(0.25);
  cycle.set_start_divisor(10);
  cycle.set_end_divisor(100);
  Run();

  const LearningRate expected(recipe_, 16);
  const std::vector<v1::Event> steps = reporter_.Of(v1::Event::kTrainStep);
  ASSERT_EQ(steps.size(), 16u);
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(steps[i].train_step().learning_rate(), expected.At(i + 1));
  }
}

TEST_P(Trainer, CheckpointsHoldTheWeightsThatWereEvaluated) {
  recipe_.mutable_ema()->set_decay(0.5);
  Run();

  Network network = *Network::Build(recipe_.network(), 0, at::kCPU);
  ASSERT_TRUE(LoadState(store_.NewestFile(kWeightsFileName), network).ok());
  const Evaluation evaluation =
      Evaluator(eval_, recipe_.data().normalization(), at::kCPU).Evaluate(network);
  const v1::EpochFinished last = reporter_.Of(v1::Event::kEpochFinished).back().epoch_finished();
  EXPECT_NEAR(evaluation.loss, last.eval_loss(), 1e-6);
  EXPECT_EQ(evaluation.correct_count, last.eval_correct_count());
}

TEST_P(Trainer, CheckpointsHoldWhatTheirWeightsAnswerToOneRow) {
  Run();

  v1::ModelSample sample;
  ASSERT_TRUE(sample.ParseFromString(store_.NewestFile(kSampleFileName)));
  EXPECT_THAT(sample.input().shape(), ElementsAre(1, 1, 8, 8));
  ASSERT_EQ(sample.input().data().size(), 64 * sizeof(float));
  at::Tensor input = at::empty({1, 1, 8, 8});
  for (int pixel = 0; pixel < 64; ++pixel) {
    input.mutable_data_ptr<float>()[pixel] = static_cast<float>(eval_.values[pixel]) / 255;
  }
  EXPECT_EQ(sample.input().data(),
            std::string(static_cast<const char*>(input.const_data_ptr()), input.nbytes()));
  Network network = *Network::Build(recipe_.network(), 0, at::kCPU);
  ASSERT_TRUE(LoadState(store_.NewestFile(kWeightsFileName), network).ok());
  const c10::InferenceMode inference;
  const at::Tensor logits = network.Forward((input - 0.25) / 0.5, {}).contiguous();
  ASSERT_EQ(sample.logits().data().size(), logits.nbytes());
  float recorded[3];
  std::memcpy(recorded, sample.logits().data().data(), sizeof(recorded));
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(recorded[i], logits.const_data_ptr<float>()[i], 1e-5);
}

TEST_P(Trainer, AveragedWeightsDifferFromTheNewestOnes) {
  Run();
  const std::string newest = store_.NewestFile(kWeightsFileName);
  recipe_.mutable_ema()->set_decay(0.5);
  Run();
  EXPECT_NE(store_.NewestFile(kWeightsFileName), newest);
}

TEST_P(Trainer, ManifestVouchesForTheWeights) {
  Run();

  const auto manifest = ReadManifest(store_.NewestFile(kManifestFileName));
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  const std::string weights = store_.NewestFile(kWeightsFileName);
  EXPECT_TRUE(VerifyFile(*manifest, kWeightsFileName, weights).ok());
  EXPECT_EQ(manifest->metrics.epoch(), 2);
  EXPECT_EQ(manifest->metrics.step(), 16);
  const v1::CheckpointWritten written =
      reporter_.Of(v1::Event::kCheckpointWritten).back().checkpoint_written();
  EXPECT_EQ(written.path(), "step-000000016");
  int64_t size_bytes = 0;
  for (const auto& [name, bytes] : store_.written.back().files) {
    size_bytes += static_cast<int64_t>(bytes.size());
  }
  EXPECT_EQ(written.size_bytes(), size_bytes);
}

TEST_P(Trainer, MarksTheBestCheckpointByTheSelection) {
  recipe_.set_epoch_count(5);
  recipe_.mutable_selection()->set_metric(v1::SELECTION_METRIC_LOSS);
  Run();

  const std::vector<v1::Event> epochs = reporter_.Of(v1::Event::kEpochFinished);
  const std::vector<v1::Event> written = reporter_.Of(v1::Event::kCheckpointWritten);
  ASSERT_EQ(written.size(), 5u);
  double best = epochs[0].epoch_finished().eval_loss();
  for (int i = 0; i < 5; ++i) {
    const double loss = epochs[i].epoch_finished().eval_loss();
    EXPECT_EQ(written[i].checkpoint_written().best(), loss <= best) << "epoch " << i + 1;
    best = std::min(best, loss);
  }
}

TEST_P(Trainer, GivesTheSameBytesAgain) {
  recipe_.mutable_network()->mutable_layers(3)->mutable_dropout()->set_probability(0.2);
  recipe_.mutable_network()->mutable_layers(4)->mutable_conv2d()->set_kernel_size(3);
  recipe_.mutable_data()->mutable_augmentation()->set_shift_pixels(1);
  recipe_.mutable_ema()->set_decay(0.9);
  for (int threads : {1, 2}) {
    execution_.set_thread_count(threads);
    Run();
    const std::string first = store_.NewestFile(kWeightsFileName);
    at::rand({3});  // the process's own generator has no part in it
    Run();
    EXPECT_EQ(store_.NewestFile(kWeightsFileName), first) << threads << " threads";
    recipe_.set_seed(recipe_.seed() + 1);
    Run();
    EXPECT_NE(store_.NewestFile(kWeightsFileName), first);
  }
}

TEST_P(Trainer, SaysHowStepsAreComputed) {
  Run();
  EXPECT_EQ(reporter_.events[0].message().text(), absl::StrCat("on cpu, steps: ", GetParam()));
}

TEST_P(Trainer, TrainsInBf16) {
  execution_.set_step("auto");
  execution_.set_precision(v1::PRECISION_BF16);
  recipe_.set_epoch_count(8);
  EXPECT_EQ(Run().outcome(), worker::v1::OUTCOME_SUCCEEDED);
  const v1::EpochFinished epoch = reporter_.Of(v1::Event::kEpochFinished).back().epoch_finished();
  EXPECT_EQ(epoch.eval_correct_count(), 40);
}

TEST_P(Trainer, ReportsProgressOfTheRunningEpoch) {
  Run();
  EXPECT_EQ(reporter_.newest_progress.step_count(), 8);
  EXPECT_GE(reporter_.newest_progress.step_in_epoch(), 1);
  EXPECT_GT(reporter_.newest_progress.loss(), 0);
}

INSTANTIATE_TEST_SUITE_P(Steps, Trainer, ::testing::Values("plain", "fused"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace traind
