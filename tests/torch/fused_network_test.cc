// Fused forward passes against the plain network.
#include "server/fused/fused_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "server/kernels/conv_bf16.h"
#include "server/torch/nn/fused_forward.h"
#include "server/torch/nn/fused_network_of.h"
#include "server/torch/nn/pixel_normalization.h"
#include "server/torch/nn/stage_tensors_of.h"
#include "tests/torch/fused_recipes.h"

namespace traind {
namespace {

class FusedNetworkCase : public ::testing::TestWithParam<FusedCase> {
 protected:
  FusedNetworkCase() : recipe_(FusedRecipe(GetParam())), network_(FusedCaseNetwork(recipe_)) {}

  const v1::Recipe recipe_;
  const Network network_;
};

// Largest difference as a share of the largest value.
double Difference(const at::Tensor& value, const at::Tensor& expected) {
  return ((value - expected).abs().max() / expected.abs().max()).item<double>();
}

TEST_P(FusedNetworkCase, GivesTheLogitsOfThePlainOne) {
  const c10::InferenceMode inference;
  FusedForward forward(*PlanFused(recipe_.network()), network_, /*thread_count=*/2);
  for (const int64_t rows : {1, 2, 37}) {
    const Batch batch = RandomBatch(recipe_, rows, 9);
    const at::Tensor expected = network_.Forward(batch.images.clone(), {});
    EXPECT_LE(Difference(forward(batch.images), expected), 1e-5) << rows << " rows";
  }
}

TEST_P(FusedNetworkCase, GivesARowTheSameBitsWhateverStandsBesideIt) {
  const FusedPlan plan = *PlanFused(recipe_.network());
  const auto fused = FusedNetwork::Create(plan, StageTensorsOf(plan, network_), {});
  const Batch batch = RandomBatch(recipe_, 21, 9);
  std::vector<float> together(21 * 3);
  fused->Run(batch.images.const_data_ptr<float>(), 21, together.data());
  for (int64_t row = 0; row < 21; ++row) {
    std::vector<float> alone(3);
    fused->Run(batch.images.const_data_ptr<float>() + row * fused->image_values(), 1, alone.data());
    EXPECT_EQ(alone, std::vector<float>(&together[row * 3], &together[row * 3] + 3));
  }
}

TEST_P(FusedNetworkCase, GivesThreadsTheSameAnswersAtOnce) {
  const FusedPlan plan = *PlanFused(recipe_.network());
  const auto fused = FusedNetwork::Create(plan, StageTensorsOf(plan, network_), {});
  const Batch batch = RandomBatch(recipe_, 5, 9);
  std::vector<float> expected(5 * 3);
  fused->Run(batch.images.const_data_ptr<float>(), 5, expected.data());
  std::vector<std::vector<float>> results(4, std::vector<float>(5 * 3));
  std::vector<std::thread> threads;
  for (std::vector<float>& result : results) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) {
        fused->Run(batch.images.const_data_ptr<float>(), 5, result.data());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(results, ::testing::Each(expected));
}

TEST_P(FusedNetworkCase, InBf16StaysWithinItsRounding) {
  const FusedPlan plan = *PlanFused(recipe_.network());
  FusedNetwork::Options options;
  options.bf16 = true;
  const Batch batch = RandomBatch(recipe_, 21, 9);
  const at::Tensor expected = network_.Forward(batch.images.clone(), {});
  for (const char* path : {"portable", "avx512bf16"}) {
    if (FindBf16ConvKernels(path) == nullptr) continue;
    options.path = path;
    const auto fused = FusedNetwork::Create(plan, StageTensorsOf(plan, network_), options);
    at::Tensor logits = at::empty({21, 3}, at::kFloat);
    fused->Run(batch.images.const_data_ptr<float>(), 21, logits.mutable_data_ptr<float>());
    // A rounding error is 2^-9, in each of some five layers.
    EXPECT_LE(Difference(logits, expected), 0.03) << path;
    EXPECT_GT(Difference(logits, expected), 1e-5) << path << ": this is not bf16";
  }
}

TEST_P(FusedNetworkCase, NormalizesPixelsForPredict) {
  v1::Normalization normalization;
  for (int c = 0; c < recipe_.network().input().channels(); ++c) {
    normalization.add_mean(0.1 * (c + 1));
    normalization.add_standard_deviation(0.3);
  }
  const auto fused = FusedNetworkOf(recipe_.network(), normalization, network_);
  ASSERT_TRUE(fused.ok()) << fused.status();
  const Batch batch = RandomBatch(recipe_, 3, 9);
  at::Tensor logits = at::empty({3, 3}, at::kFloat);
  (*fused)->Run(batch.images.const_data_ptr<float>(), 3, logits.mutable_data_ptr<float>());
  const at::Tensor normalized =
      PixelNormalization(normalization, at::kCPU).FromFractions(batch.images.clone());
  EXPECT_LE(Difference(logits, network_.Forward(normalized, {})), 1e-5);
}

TEST(FusedNetworkOf, NamesTheLayerThatDoesNotFit) {
  v1::Recipe recipe = FusedRecipe(FusedCases()[0]);
  recipe.mutable_network()->mutable_layers(6)->mutable_adaptive_avg_pool2d()->set_output_size(2);
  const Network network = *Network::Build(recipe.network(), 1, at::kCPU);
  EXPECT_EQ(FusedNetworkOf(recipe.network(), {}, network).status().message(),
            "network.layers[6] (adaptive_avg_pool2d): expected output_size 1, got 2");
}

INSTANTIATE_TEST_SUITE_P(Networks, FusedNetworkCase, ::testing::ValuesIn(FusedCases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace traind
