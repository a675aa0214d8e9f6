// Versions whose rows are not images, and networks that the fused kernels do not fit.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "server/torch/checkpoint/manifest.h"
#include "server/torch/infer/form_check.h"
#include "server/torch/infer/torch_executor.h"
#include "server/torch/nn/network_state.h"
#include "server/torch/nn/pixel_normalization.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

void WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

struct Case {
  const char* name;
  const char* network;
  const char* unfused;  // why it does not run by the fused kernels
  int batch_norms_left;
};

class ExecutorOfLayers : public ::testing::TestWithParam<Case> {
 protected:
  ExecutorOfLayers() {
    directory_ = std::filesystem::path(::testing::TempDir()) /
                 (std::string("executor_of_layers_") + GetParam().name);
    std::filesystem::create_directories(directory_);
    v1::Recipe& recipe = *version_.mutable_recipe();
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(GetParam().network,
                                                              recipe.mutable_network()));
    for (const double mean : {0.25, 0.5}) {
      recipe.mutable_data()->mutable_normalization()->add_mean(mean);
      recipe.mutable_data()->mutable_normalization()->add_standard_deviation(0.5);
    }
    network_ = std::make_unique<Network>(*Network::Build(recipe.network(), 1, at::kCPU));
    at::manual_seed(2);
    const at::NoGradGuard no_grad;
    for (const NamedTensor& named : network_->buffers()) {
      named.tensor.copy_(at::rand_like(named.tensor) + 0.3);
    }
    const std::string weights = *SaveState(*network_);
    CheckpointManifest manifest;
    manifest.files.push_back(DescribeFile(kWeightsFileName, weights));
    WriteFile(directory_ / kWeightsFileName, weights);
    WriteFile(directory_ / kManifestFileName, WriteManifest(manifest));
  }
  ~ExecutorOfLayers() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path directory_;
  v1::ModelVersion version_;
  std::unique_ptr<Network> network_;
};

TEST_P(ExecutorOfLayers, AnswersAsTheNetworkWasTrained) {
  InferenceForm form;
  ExecutorOptions options;
  options.on_loaded = [&](const v1::ModelVersion&, const InferenceForm& told) { form = told; };
  const auto executor = TorchExecutorLoader(options).Load(version_, directory_.string());
  ASSERT_TRUE(executor.ok()) << executor.status();
  const v1::Recipe& recipe = version_.recipe();
  const at::Tensor rows = CheckRows(recipe.network().input()).narrow(0, 0, 5).contiguous();
  const absl::string_view bytes(static_cast<const char*>(rows.const_data_ptr()), rows.nbytes());

  const auto prediction = (*executor)->Run({bytes}, 5);

  ASSERT_TRUE(prediction.ok()) << prediction.status();
  const PixelNormalization normalization(recipe.data().normalization(), at::kCPU);
  const at::Tensor expected =
      network_->Forward(normalization.FromFractions(rows.clone()), {}).contiguous();
  ASSERT_EQ(static_cast<int64_t>(prediction->logits.size()), expected.numel());
  for (int64_t i = 0; i < expected.numel(); ++i) {
    EXPECT_NEAR(prediction->logits[i], expected.const_data_ptr<float>()[i], 1e-5);
  }
  EXPECT_THAT(form.unfused_reason, HasSubstr(GetParam().unfused));
  EXPECT_EQ(form.unfolded_reason, "");
  EXPECT_EQ(form.batch_norms_left, GetParam().batch_norms_left);
}

TEST_P(ExecutorOfLayers, RefusesRowsOfAnotherSize) {
  const auto executor = TorchExecutorLoader().Load(version_, directory_.string());
  ASSERT_TRUE(executor.ok()) << executor.status();
  EXPECT_THAT(std::string((*executor)->Run({"12345678"}, 2).status().message()),
              HasSubstr("for 2 rows, got 8"));
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, ExecutorOfLayers,
    ::testing::Values(
        Case{"Features",
             "input { features: 2 } layers { linear { out_features: 5 } } layers { batch_norm1d {} "
             "} "
             "layers { tanh {} } layers { linear { out_features: 3 } }",
             "network.input: expected channels, height and width of an image, got [2]", 0},
        Case{"Sequences",
             "input { channels: 2 length: 9 } layers { conv1d { out_channels: 4 kernel_size: 3 } } "
             "layers { batch_norm1d {} } layers { relu {} } layers { global_max_pool {} } "
             "layers { linear { out_features: 3 } }",
             "network.input: expected channels, height and width of an image, got [2, 9]", 0},
        Case{"Activations",
             "input { channels: 2 height: 7 width: 7 } layers { conv2d { out_channels: 4 "
             "kernel_size: 3 groups: 2 } } layers { batch_norm2d {} } layers { gelu {} } "
             "layers { layer_norm {} } layers { global_avg_pool {} } "
             "layers { linear { out_features: 3 } }",
             "network.layers[0] (conv2d): expected groups 1, got 2", 0}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace traind
