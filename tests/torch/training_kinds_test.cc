// Whole trainings of what a recipe may say beside its network: values in place of classes,
// float64, other optimizers and schedules, accumulation, early stopping, recalibration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "server/torch/checkpoint/manifest.h"
#include "server/torch/checkpoint/state_tensors.h"
#include "server/torch/checkpoint/training_record.h"
#include "server/torch/nn/network_state.h"
#include "server/torch/train/batch_norm_recalibration.h"
#include "server/torch/train/inline_rows.h"
#include "server/torch/train/trainer.h"
#include "tests/torch/small_recipe.h"
#include "tests/torch/training_fakes.h"
#include "tests/torch/training_fixture.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using worker::v1::Finished;

v1::Execution OneThread() {
  v1::Execution execution;
  execution.set_device("cpu");
  execution.set_thread_count(1);
  execution.set_log_every_steps(1);
  execution.set_step("plain");
  return execution;
}

// Three values in, two out, of two rows; one linear layer.
v1::Recipe RecipeOfRows() {
  return MessageOfText<v1::Recipe>(R"pb(
    name: "rows"
    data {
      rows {
        inputs: [ 0.05, 0.1, -0.3 ]
        targets: [ 0.01, 0.99 ]
      }
      rows {
        inputs: [ 0.5, -0.25, 0.75 ]
        targets: [ 0.5, -0.5 ]
      }
    }
    network {
      input { channels: 1 height: 1 width: 3 }
      layers { flatten {} }
      layers { linear { out_features: 2 bias: false } }
    }
    loss { half_squared_error {} }
    optimizer { sgd { learning_rate: 0.5 } }
    epoch_count: 20
    batch_size: 2
    seed: 3
    selection { metric: SELECTION_METRIC_LOSS }
    metrics { mean_absolute_error {} }
    float64: true
  )pb");
}

// The loss before each of 21 gradient steps of RecipeOfRows, in plain double arithmetic:
// o = W x, E = mean over the rows of the sum of (o - t)² / 2, W -= 0.5 * dE/dW.
std::vector<double> LossesByHand(const v1::Recipe& recipe) {
  const Network network = *Network::Build(recipe.network(), recipe.seed(), at::kCPU, at::kDouble);
  const at::Tensor initial = network.parameters()[0].tensor.detach();
  double weights[2][3];
  for (int o = 0; o < 2; ++o) {
    for (int i = 0; i < 3; ++i) weights[o][i] = initial[o][i].item<double>();
  }
  std::vector<double> losses;
  for (int step = 0; step <= 20; ++step) {
    double gradient[2][3] = {};
    double loss = 0;
    for (const v1::InlineRow& row : recipe.data().rows()) {
      for (int o = 0; o < 2; ++o) {
        double error = -row.targets(o);
        for (int i = 0; i < 3; ++i) error += weights[o][i] * row.inputs(i);
        loss += error * error / 2 / 2;
        for (int i = 0; i < 3; ++i) gradient[o][i] += error * row.inputs(i) / 2;
      }
    }
    losses.push_back(loss);
    for (int o = 0; o < 2; ++o) {
      for (int i = 0; i < 3; ++i) weights[o][i] -= 0.5 * gradient[o][i];
    }
  }
  return losses;
}

TEST(ValuesInFloat64, AreTrainedAsByHand) {
  const v1::Recipe recipe = RecipeOfRows();
  const Split split = SplitOfRows(recipe);
  RecordingReporter reporter;
  MemoryStore store;

  const Finished finished = Train({recipe, OneThread(), split, split}, reporter, store, {});

  ASSERT_EQ(finished.outcome(), worker::v1::OUTCOME_SUCCEEDED) << finished.DebugString();
  EXPECT_EQ(finished.reason(), "");
  const std::vector<double> expected = LossesByHand(recipe);
  const std::vector<v1::Event> epochs = reporter.Of(v1::Event::kEpochFinished);
  ASSERT_EQ(epochs.size(), 20u);
  for (int i = 0; i < 20; ++i) {
    const v1::EpochFinished& epoch = epochs[i].epoch_finished();
    EXPECT_NEAR(epoch.train_loss(), expected[i], 1e-12) << "epoch " << i + 1;
    EXPECT_NEAR(epoch.eval_loss(), expected[i + 1], 1e-12) << "epoch " << i + 1;
    EXPECT_TRUE(epoch.without_accuracy());
    ASSERT_EQ(epoch.metrics_size(), 1);
  }
  EXPECT_LT(expected[20], expected[0] / 2);
}

TEST(ValuesInFloat64, LeaveWeightsOf64BitsThatAModelRoundsWhenItIsLoaded) {
  const v1::Recipe recipe = RecipeOfRows();
  const Split split = SplitOfRows(recipe);
  RecordingReporter reporter;
  MemoryStore store;
  Train({recipe, OneThread(), split, split}, reporter, store, {});
  const std::string weights = store.NewestFile(kWeightsFileName);

  Network exact = *Network::Build(recipe.network(), 0, at::kCPU, at::kDouble);
  Network rounded = *Network::Build(recipe.network(), 0, at::kCPU);
  ASSERT_TRUE(LoadState(weights, exact).ok());
  ASSERT_TRUE(LoadState(weights, rounded).ok());

  const at::Tensor wide = exact.parameters()[0].tensor;
  EXPECT_EQ(wide.scalar_type(), at::kDouble);
  EXPECT_TRUE(at::equal(rounded.parameters()[0].tensor, wide.to(at::kFloat)));
}

// Weights of a training of 60 rows, in float64, by name.
std::map<std::string, at::Tensor> Weights(const v1::Recipe& recipe, Finished* finished = nullptr) {
  const Split train = SmallSplit(60, 1);
  const Split eval = SmallSplit(40, 2);
  RecordingReporter reporter;
  MemoryStore store;
  const Finished end = Train({recipe, OneThread(), train, eval}, reporter, store, {});
  EXPECT_EQ(end.outcome(), worker::v1::OUTCOME_SUCCEEDED) << end.DebugString();
  if (finished != nullptr) *finished = end;
  Network network = *Network::Build(recipe.network(), 0, at::kCPU, at::kDouble);
  EXPECT_TRUE(LoadState(store.NewestFile(kWeightsFileName), network).ok());
  std::map<std::string, at::Tensor> weights;
  for (const NamedTensor& named : network.parameters()) weights[named.name] = named.tensor;
  return weights;
}

// Batch norms see each batch by itself, so that these are without.
v1::Recipe WithoutBatchNorm() {
  v1::Recipe recipe = SmallRecipe();
  recipe.mutable_network()->mutable_layers()->DeleteSubrange(6, 1);
  recipe.mutable_network()->mutable_layers()->DeleteSubrange(2, 1);
  recipe.set_float64(true);
  return recipe;
}

TEST(Accumulation, OfTwoBatchesOfFourEqualsBatchesOfEight) {
  for (const char* loss : {"loss { cross_entropy { label_smoothing: 0.1 } }",
                           "loss { cross_entropy { class_weights: [1, 2, 0.5] } }"}) {
    v1::Recipe recipe = WithoutBatchNorm();
    recipe.clear_loss();
    recipe.MergeFrom(MessageOfText<v1::Recipe>(loss));
    const auto whole = Weights(recipe);
    recipe.set_batch_size(4);
    EXPECT_GT((Weights(recipe).at("layers.0.weight") - whole.at("layers.0.weight"))
                  .abs()
                  .max()
                  .item<double>(),
              1e-3);
    recipe.set_accumulate_batches(2);
    for (const auto& [name, tensor] : Weights(recipe)) {
      EXPECT_LE((tensor - whole.at(name)).abs().max().item<double>(), 1e-12)
          << name << ", " << loss;
    }
  }
}

TEST(EarlyStopping, EndsTheRunWithAReasonAndACheckpoint) {
  v1::Recipe recipe = SmallRecipe();
  recipe.mutable_selection()->set_metric(v1::SELECTION_METRIC_LOSS);
  recipe.mutable_early_stopping()->set_patience_epochs(1);
  recipe.mutable_early_stopping()->set_min_change(1e9);
  recipe.set_epoch_count(10);
  v1::Execution execution = OneThread();
  execution.mutable_checkpoints()->set_every_epochs(10);
  const Split train = SmallSplit(60, 1);
  const Split eval = SmallSplit(40, 2);
  RecordingReporter reporter;
  MemoryStore store;

  const Finished finished = Train({recipe, execution, train, eval}, reporter, store, {});

  EXPECT_EQ(finished.outcome(), worker::v1::OUTCOME_SUCCEEDED);
  EXPECT_THAT(finished.reason(), HasSubstr("stopped early after epoch 3: loss has not been"));
  EXPECT_EQ(reporter.Of(v1::Event::kEpochFinished).size(), 3u);
  EXPECT_EQ(store.written.back().step, 24);

  // An attempt that goes on after the end was lost on its way says the same.
  RecordingReporter again;
  const Finished repeated = Train({recipe, execution, train, eval}, again, store, {});
  EXPECT_EQ(repeated.reason(), finished.reason());
  EXPECT_TRUE(again.Of(v1::Event::kEpochStarted).empty());
}

TEST(Resume, GivesTheSameBitsWithEveryKindOfState) {
  for (const char* text :
       {"optimizer { adam { learning_rate: 0.01 } } accumulate_batches: 3 "
        "schedule { plateau { factor: 0.5 patience_epochs: 1 threshold_fraction: 0.9 } "
        "warmup_steps: 3 } early_stopping { patience_epochs: 3 }",
        "optimizer { adamw { learning_rate: 0.01 weight_decay: 0.1 } } "
        "schedule { cosine {} warmup_steps: 5 } gradient_clipping { max_norm: 0.5 }",
        "optimizer { rmsprop { learning_rate: 0.001 momentum: 0.5 centered: true } } "
        "schedule { step { every_epochs: 1 factor: 0.5 } } batch_norm_recalibration_batches: 3 "
        "ema { decay: 0.9 }"}) {
    v1::Recipe recipe = SmallRecipe();
    recipe.clear_optimizer();
    recipe.set_epoch_count(5);
    recipe.MergeFrom(MessageOfText<v1::Recipe>(text));
    const Split train = SmallSplit(60, 1);
    const Split eval = SmallSplit(40, 2);
    RecordingReporter whole_reporter;
    MemoryStore whole;
    ASSERT_EQ(Train({recipe, OneThread(), train, eval}, whole_reporter, whole, {}).outcome(),
              worker::v1::OUTCOME_SUCCEEDED);
    MemoryStore broken;
    for (const int64_t step : {10, 24, 29}) {
      std::stop_source stop;
      RecordingReporter reporter;
      reporter.on_event = [&](const v1::Event& event) {
        if (event.has_train_step() && event.train_step().step() == step) stop.request_stop();
      };
      ASSERT_EQ(
          Train({recipe, OneThread(), train, eval}, reporter, broken, stop.get_token()).outcome(),
          worker::v1::OUTCOME_STOPPED)
          << text;
    }
    RecordingReporter reporter;
    Train({recipe, OneThread(), train, eval}, reporter, broken, {});
    EXPECT_EQ(broken.NewestFile(kTrainingTensorsFileName),
              whole.NewestFile(kTrainingTensorsFileName))
        << text;
  }
}

TEST(Plateau, LowersTheRateOfTheNextEpochs) {
  v1::Recipe recipe = SmallRecipe();
  recipe.set_epoch_count(4);
  recipe.MergeFrom(MessageOfText<v1::Recipe>(
      "selection { metric: SELECTION_METRIC_LOSS } "
      "schedule { plateau { factor: 0.5 patience_epochs: 1 threshold_fraction: 0.999999 } }"));
  const Split train = SmallSplit(60, 1);
  RecordingReporter reporter;
  MemoryStore store;
  Train({recipe, OneThread(), train, train}, reporter, store, {});
  std::vector<double> rates;
  for (const v1::Event& event : reporter.Of(v1::Event::kTrainStep)) {
    if (event.train_step().step() % 8 == 0) rates.push_back(event.train_step().learning_rate());
  }
  // The first epoch is the best; the second is borne, the third not.
  EXPECT_THAT(rates, ::testing::ElementsAre(0.1, 0.1, 0.1, 0.05));
}

TEST(Recalibration, TakesTheMeanOverBatchesOfTheirStatistics) {
  v1::Recipe recipe = SmallRecipe();
  recipe.mutable_data()->clear_normalization();
  *recipe.mutable_network() = MessageOfText<v1::Network>(
      "input { channels: 1 height: 8 width: 8 } layers { batch_norm2d {} } "
      "layers { dropout { probability: 0.5 } } layers { flatten {} } "
      "layers { linear { out_features: 3 } }");
  const Split split = SmallSplit(60, 1);
  DataFeed feed(split, recipe, at::kCPU);
  feed.StartEpoch(1);
  const Network network = *Network::Build(recipe.network(), 1, at::kCPU);

  RecalibrateBatchNorms(network, feed, 3);

  double mean = 0;
  double variance = 0;
  feed.StartEpoch(1);
  for (int i = 0; i < 3; ++i) {
    const at::Tensor images = feed.Next().images.to(at::kDouble);
    mean += images.mean().item<double>() / 3;
    variance += images.var(/*unbiased=*/true).item<double>() / 3;
  }
  EXPECT_NEAR(network.buffers()[0].tensor.item<float>(), mean, 1e-6);
  EXPECT_NEAR(network.buffers()[1].tensor.item<float>(), variance, 1e-6);
}

TEST(Recalibration, ComesBeforeEveryEvaluation) {
  v1::Recipe recipe = SmallRecipe();
  const auto losses = [&](int batches) {
    recipe.set_batch_norm_recalibration_batches(batches);
    const Split train = SmallSplit(60, 1);
    RecordingReporter reporter;
    MemoryStore store;
    Train({recipe, OneThread(), train, train}, reporter, store, {});
    std::vector<double> losses;
    for (const v1::Event& event : reporter.Of(v1::Event::kEpochFinished)) {
      losses.push_back(event.epoch_finished().eval_loss());
    }
    return losses;
  };
  const std::vector<double> plain = losses(0);
  const std::vector<double> recalibrated = losses(7);
  ASSERT_EQ(recalibrated.size(), 2u);
  EXPECT_NE(plain[0], recalibrated[0]);
  EXPECT_NE(plain[1], recalibrated[1]);
}

TEST(Metrics, AreInEveryEpochsEvent) {
  v1::Recipe recipe = SmallRecipe();
  recipe.MergeFrom(
      MessageOfText<v1::Recipe>("metrics { confusion_matrix {} } metrics { top_k_accuracy: 2 }"));
  const Split train = SmallSplit(60, 1);
  const Split eval = SmallSplit(40, 2);
  RecordingReporter reporter;
  MemoryStore store;
  Train({recipe, OneThread(), train, eval}, reporter, store, {});
  const v1::EpochFinished epoch = reporter.Of(v1::Event::kEpochFinished).back().epoch_finished();
  ASSERT_EQ(epoch.metrics_size(), 2);
  const auto& matrix = epoch.metrics(0).values();
  ASSERT_EQ(matrix.size(), 9);
  EXPECT_EQ(matrix[0] + matrix[4] + matrix[8], static_cast<double>(epoch.eval_correct_count()));
  double rows = 0;
  for (const double count : matrix) rows += count;
  EXPECT_EQ(rows, 40);
  EXPECT_EQ(epoch.metrics(1).name(), "top_2_accuracy");
}

TEST(BinaryCrossEntropy, TellsTwoClassesApartByOneOutput) {
  v1::Recipe recipe = SmallRecipe();
  recipe.clear_loss();
  recipe.mutable_loss()->mutable_binary_cross_entropy();
  recipe.mutable_network()->mutable_layers(9)->mutable_linear()->set_out_features(1);
  recipe.set_epoch_count(8);
  Split train = SmallSplit(60, 1);
  Split eval = SmallSplit(40, 2);
  for (Split* split : {&train, &eval}) {
    for (int64_t& label : split->labels) label = label == 1 ? 1 : 0;
  }
  RecordingReporter reporter;
  MemoryStore store;
  ASSERT_EQ(Train({recipe, OneThread(), train, eval}, reporter, store, {}).outcome(),
            worker::v1::OUTCOME_SUCCEEDED);
  const v1::EpochFinished epoch = reporter.Of(v1::Event::kEpochFinished).back().epoch_finished();
  EXPECT_EQ(epoch.eval_correct_count(), 40);
  EXPECT_FALSE(epoch.without_accuracy());
}

}  // namespace
}  // namespace traind
