// What can be told without the tensor library; gradients are compared with it in
// tests/torch/fused_step_test.cc.
#include "server/fused/step_engine.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "server/fused/fused_plan.h"
#include "server/kernels/conv.h"
#include "server/kernels/conv_bf16.h"

namespace traind {
namespace {

constexpr char kNetwork[] = R"pb(
  layers { conv2d { out_channels: 5 kernel_size: 3 } }
  layers { relu {} }
  layers { batch_norm2d {} }
  layers { max_pool2d { kernel_size: 2 } }
  layers { dropout { probability: 0.25 } }
  layers { conv2d { out_channels: 20 kernel_size: 3 padding: 1 } }
  layers { relu {} }
  layers { batch_norm2d {} }
  layers { adaptive_avg_pool2d { output_size: 1 } }
  layers { dropout { probability: 0.5 } }
)pb";

// Dropout on the image, before pooling and batch normalisation, twice in a row, before
// ReLU and within a residual block.
constexpr char kDropsAnywhere[] = R"pb(
  layers { dropout { probability: 0.1 } }
  layers { conv2d { out_channels: 5 kernel_size: 3 } }
  layers { dropout { probability: 0.25 } }
  layers { max_pool2d { kernel_size: 2 } }
  layers { batch_norm2d {} }
  layers { dropout { probability: 0.1 } }
  layers { relu {} }
  layers { dropout { probability: 0.2 } }
  layers {
    residual {
      layers { conv2d { out_channels: 5 kernel_size: 3 padding: 1 } }
      layers { batch_norm2d {} }
      layers { dropout { probability: 0.3 } }
    }
  }
  layers { relu {} }
)pb";

FusedPlan Plan(const char* layers = kNetwork) {
  v1::Network network;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      std::string("input { channels: 1 height: 10 width: 10 }") + layers +
          "layers { flatten {} } layers { linear { out_features: 4 } }",
      &network));
  return *PlanFused(network);
}

// Weights and a batch of 12, the same each time.
struct Setting {
  explicit Setting(const FusedPlan& plan) {
    std::mt19937 random(3);
    std::normal_distribution<float> normal;
    for (const FusedStage& stage : plan.stages) {
      StageTensors& tensors = network.emplace_back();
      for (const StageParameter& parameter : ParametersOf(stage)) {
        std::vector<float>& values =
            *memory.emplace_back(std::make_unique<std::vector<float>>(parameter.size));
        const bool scale = parameter.tensor == &StageTensors::scale;
        for (float& value : values) value = 0.3F * normal(random) + (scale ? 1 : 0);
        tensors.*parameter.tensor = values.data();
      }
      if (!stage.batch_norm) continue;
      for (float* StageTensors::*tensor :
           {&StageTensors::running_mean, &StageTensors::running_variance}) {
        memory.push_back(std::make_unique<std::vector<float>>(stage.out_channels, 0.5F));
        tensors.*tensor = memory.back()->data();
      }
    }
    for (int i = 0; i < 12 * 100; ++i) images.push_back(normal(random));
    for (int i = 0; i < 12; ++i) labels.push_back(static_cast<int64_t>(random() % 4));
  }

  StepEngine::Batch Batch(int64_t step) const {
    StepEngine::Batch batch;
    batch.images = images.data();
    batch.labels = labels.data();
    batch.row_count = static_cast<int64_t>(labels.size());
    batch.epoch_seed = 77;
    batch.step = step;
    return batch;
  }
  std::vector<float> Weights() const {
    std::vector<float> all;
    for (const auto& values : memory) all.insert(all.end(), values->begin(), values->end());
    return all;
  }

  std::vector<std::unique_ptr<std::vector<float>>> memory;
  std::vector<StageTensors> network;
  std::vector<float> images;
  std::vector<int64_t> labels;
};

StepEngine::Options Options(int thread_count) {
  StepEngine::Options options;
  options.batch_max = 12;
  options.thread_count = thread_count;
  return options;
}

std::unique_ptr<StepEngine> Engine(Setting& setting, const StepEngine::Options& options,
                                   const char* layers = kNetwork) {
  return StepEngine::Create(Plan(layers), options, setting.network,
                            std::vector<StageTensors>(setting.network.size()));
}

double LargestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
  }
  return largest;
}

class StepEngineDrops : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Networks, StepEngineDrops, ::testing::Values(kNetwork, kDropsAnywhere));

// Each picture is a window of 10 by 10 in one of 12 by 13 bytes.
class StepEngineBytes : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Elements, StepEngineBytes, ::testing::Bool());

TEST_P(StepEngineBytes, AreTheSameAsTheirValues) {
  if (GetParam() && FindBf16ConvKernels("portable") == nullptr) GTEST_SKIP();
  Setting setting(Plan());
  std::mt19937 random(4);
  std::vector<uint8_t> pixels(12 * 12 * 13);
  for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random());
  std::vector<float> values(kByteValues);
  for (int i = 0; i < kByteValues; ++i) values[i] = (static_cast<float>(i) / 255 - 0.13F) / 0.31F;
  std::vector<const uint8_t*> first;
  setting.images.clear();
  for (int i = 0; i < 12; ++i) {
    first.push_back(&pixels[i * 12 * 13 + (i % 3) * 13 + i % 4]);
    for (int row = 0; row < 10; ++row) {
      for (int x = 0; x < 10; ++x) setting.images.push_back(values[first[i][row * 13 + x]]);
    }
  }
  StepEngine::Batch batch = setting.Batch(0);
  batch.images = nullptr;
  batch.bytes = {first.data(), 12 * 13, 13, values.data()};
  StepEngine::Options options = Options(2);
  options.bf16 = GetParam();
  options.path = "portable";
  const auto engine = Engine(setting, options);
  const double loss = engine->Run(setting.Batch(0), 0).loss_sum;
  EXPECT_GT(loss, 0);
  EXPECT_EQ(engine->Run(batch, 0).loss_sum, loss);
}

TEST_P(StepEngineDrops, TheSameWhateverTheNumberOfThreads) {
  const FusedPlan plan = Plan(GetParam());
  Setting one(plan);
  const double loss = Engine(one, Options(1), GetParam())->Run(one.Batch(0), 0.1).loss_sum;
  for (int threads : {2, 3, 5, 16}) {  // the last ones have threads without samples
    Setting setting(plan);
    const auto engine = Engine(setting, Options(threads), GetParam());
    // Another mask would change the loss by far more than rounding does.
    EXPECT_NEAR(engine->Run(setting.Batch(0), 0.1).loss_sum, loss, 1e-4);
    EXPECT_LE(LargestDifference(setting.Weights(), one.Weights()), 1e-5) << threads << " threads";
  }
}

TEST(StepEngine, DropsOtherValuesAtEveryStepAndInEveryEpoch) {
  Setting setting(Plan());
  const auto engine = Engine(setting, Options(2));
  const double loss = engine->Run(setting.Batch(0), 0).loss_sum;
  EXPECT_EQ(engine->Run(setting.Batch(0), 0).loss_sum, loss);
  EXPECT_GT(std::abs(engine->Run(setting.Batch(1), 0).loss_sum - loss), 1e-3);
  StepEngine::Batch next_epoch = setting.Batch(0);
  next_epoch.epoch_seed = 78;
  EXPECT_GT(std::abs(engine->Run(next_epoch, 0).loss_sum - loss), 1e-3);
}

TEST_P(StepEngineDrops, AndTheGradientIsTheSlopeOfTheLoss) {
  const FusedPlan plan = Plan(GetParam());
  Setting setting(plan);
  const auto engine = Engine(setting, Options(2), GetParam());
  engine->Run(setting.Batch(0), 0);
  // Along the gradient the loss rises by its squared length.
  double square = 0;
  std::vector<std::vector<float>> direction;
  const auto move = [&](float share) {
    size_t next = 0;
    for (size_t s = 0; s < plan.stages.size(); ++s) {
      for (const StageParameter& parameter : ParametersOf(plan.stages[s])) {
        for (int64_t i = 0; i < parameter.size; ++i) {
          (setting.network[s].*parameter.tensor)[i] += share * direction[next][i];
        }
        ++next;
      }
    }
  };
  for (size_t s = 0; s < plan.stages.size(); ++s) {
    for (const StageParameter& parameter : ParametersOf(plan.stages[s])) {
      const float* const gradient = engine->gradients()[s].*parameter.tensor;
      direction.emplace_back(gradient, gradient + parameter.size);
      for (const float value : direction.back()) square += value * value;
    }
  }
  constexpr float kStep = 2e-4F;
  move(kStep);
  const double up = engine->Run(setting.Batch(0), 0).loss_sum / 12;
  move(-2 * kStep);
  const double down = engine->Run(setting.Batch(0), 0).loss_sum / 12;
  EXPECT_NEAR((up - down) / (2 * kStep) / square, 1, 0.02);
}

TEST(StepEngine, LearnsItsBatch) {
  Setting setting(Plan());
  StepEngine::Options options = Options(2);
  const auto engine = Engine(setting, options);
  const double first = engine->Run(setting.Batch(0), 0.2).loss_sum;
  StepEngine::Result result;
  for (int step = 1; step < 200; ++step) result = engine->Run(setting.Batch(step), 0.2);
  EXPECT_LT(result.loss_sum, first / 2);
  EXPECT_GT(result.correct_count, 8);
}

TEST(StepEngine, GivesTheSameOnEveryPathOfTheKernels) {
  Setting portable(Plan());
  StepEngine::Options options = Options(2);
  options.path = "portable";
  const double loss = Engine(portable, options)->Run(portable.Batch(0), 0.1).loss_sum;
  for (const char* path : {"avx2", "avx512"}) {
    if (FindConvKernels(path) == nullptr) continue;
    options.path = path;
    Setting setting(Plan());
    EXPECT_NEAR(Engine(setting, options)->Run(setting.Batch(0), 0.1).loss_sum, loss, 1e-4) << path;
    EXPECT_LE(LargestDifference(setting.Weights(), portable.Weights()), 1e-5) << path;
  }
}

TEST(StepEngine, InBf16StaysCloseToFloats) {
  Setting floats(Plan());
  const double loss = Engine(floats, Options(2))->Run(floats.Batch(0), 0.1).loss_sum;
  StepEngine::Options options = Options(2);
  options.bf16 = true;
  for (const char* path : {"portable", "avx512bf16", "amxbf16"}) {
    if (FindBf16ConvKernels(path) == nullptr) continue;
    options.path = path;
    Setting setting(Plan());
    // A rounding error of bf16 is 2^-9; the same values are dropped.
    EXPECT_NEAR(Engine(setting, options)->Run(setting.Batch(0), 0.1).loss_sum / loss, 1, 0.01)
        << path;
    EXPECT_LE(LargestDifference(setting.Weights(), floats.Weights()), 5e-3) << path;
  }
}

TEST(StepEngine, SaysSoWhenAWeightIsNotANumber) {
  for (const bool bf16 : {false, true}) {
    Setting setting(Plan());
    setting.network[0].weight[4] = NAN;
    StepEngine::Options options = Options(2);
    options.bf16 = bf16;
    EXPECT_FALSE(std::isfinite(Engine(setting, options)->Run(setting.Batch(0), 0.1).loss_sum));
  }
}

}  // namespace
}  // namespace traind
