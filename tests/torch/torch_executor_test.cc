#include "server/torch/infer/torch_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "server/kernels/conv_bf16.h"
#include "server/torch/checkpoint/manifest.h"
#include "server/torch/nn/network_state.h"
#include "tests/torch/fixture_tensors.h"
#include "tests/torch/small_recipe.h"

namespace traind {
namespace {

using ::testing::HasSubstr;

void WriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// A published version that holds PyTorch's weights after three steps.
class TorchExecutor : public ::testing::Test {
 protected:
  TorchExecutor() {
    // One folder per test, as they may run at the same time.
    directory_ = std::filesystem::path(::testing::TempDir()) /
                 ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(directory_);
    *version_.mutable_recipe() = SmallRecipe();
    const Network network = *Network::Build(version_.recipe().network(), 1, at::kCPU);
    SetState(fixture_, "after3", network);
    weights_ = *SaveState(network);
    Publish(weights_);
  }
  ~TorchExecutor() override { std::filesystem::remove_all(directory_); }

  void Publish(const std::string& weights) {
    CheckpointManifest manifest;
    manifest.files.push_back(DescribeFile(kWeightsFileName, weights));
    WriteFile(directory_ / kWeightsFileName, weights);
    WriteFile(directory_ / kManifestFileName, WriteManifest(manifest));
  }

  // Publishes a network that the fused kernels do not fit.
  void Misfit() {
    MisfitFusedStep(*version_.mutable_recipe());
    weights_ = *SaveState(*Network::Build(version_.recipe().network(), 1, at::kCPU));
    Publish(weights_);
  }

  absl::StatusOr<std::unique_ptr<Executor>> Load() {
    return TorchExecutorLoader().Load(version_, directory_.string());
  }
  // Loads, and tells in which form it runs.
  InferenceForm FormOf(v1::Precision precision) {
    InferenceForm told;
    ExecutorOptions options;
    options.precision = precision;
    options.on_loaded = [&](const v1::ModelVersion&, const InferenceForm& form) { told = form; };
    const auto executor = TorchExecutorLoader(options).Load(version_, directory_.string());
    EXPECT_TRUE(executor.ok()) << executor.status();
    return told;
  }

  // The fixture's normalised images as a client sends them: pixel/255.
  std::string Input() const {
    const at::Tensor x = (fixture_.at("images") * 0.5 + 0.25).contiguous();
    return std::string(static_cast<const char*>(x.const_data_ptr()), x.nbytes());
  }

  const std::map<std::string, at::Tensor> fixture_ = ReadSmallNetFixture();
  std::filesystem::path directory_;
  v1::ModelVersion version_;
  std::string weights_;
};

TEST_F(TorchExecutor, GivesTheLogitsOfPyTorch) {
  const auto executor = Load();
  ASSERT_TRUE(executor.ok()) << executor.status();

  const auto prediction = (*executor)->Run({Input()}, 8);

  ASSERT_TRUE(prediction.ok()) << prediction.status();
  EXPECT_EQ(prediction->row_count, 8);
  EXPECT_EQ(prediction->class_count, 3);
  const at::Tensor expected = fixture_.at("logits_after3").contiguous();
  ASSERT_EQ(prediction->logits.size(), 24u);
  for (int i = 0; i < 24; ++i) {
    EXPECT_NEAR(prediction->logits[i], expected.const_data_ptr<float>()[i], 1e-5);
  }
  const at::Tensor classes = expected.argmax(1);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(prediction->classes[i], classes[i].item<int64_t>());
}

TEST_F(TorchExecutor, ProbabilitiesAreTheSoftmaxOfTheLogits) {
  const Prediction prediction = *(*Load())->Run({Input()}, 8);
  for (int row = 0; row < 8; ++row) {
    double sum = 0;
    for (int i = 0; i < 3; ++i) sum += std::exp(prediction.logits[3 * row + i]);
    for (int i = 0; i < 3; ++i) {
      EXPECT_NEAR(prediction.probabilities[3 * row + i],
                  std::exp(prediction.logits[3 * row + i]) / sum, 1e-6);
    }
  }
}

TEST_F(TorchExecutor, TakesBytesThatAreNotAligned) {
  const std::string shifted = "x" + Input();
  const auto executor = Load();
  const auto prediction = (*executor)->Run({absl::string_view(shifted).substr(1)}, 8);
  ASSERT_TRUE(prediction.ok()) << prediction.status();
  EXPECT_EQ(prediction->logits, (*executor)->Run({Input()}, 8)->logits);
}

// Batches choose other kernels than single rows, so the last bits may differ.
TEST_F(TorchExecutor, GivesABatchWhatItGivesEachPartAlone) {
  const absl::StatusOr<std::unique_ptr<Executor>> executor = Load();
  const std::string input = Input();
  const size_t row_bytes = input.size() / 8;
  const auto part = [&](size_t first, size_t count) {
    return absl::string_view(input).substr(first * row_bytes, count * row_bytes);
  };
  const Prediction batch = *(*executor)->Run({part(0, 1), part(1, 4), part(5, 3)}, 8);
  std::vector<float> alone;
  for (const auto& [first, count] : {std::pair<size_t, size_t>{0, 1}, {1, 4}, {5, 3}}) {
    const Prediction one = *(*executor)->Run({part(first, count)}, static_cast<int64_t>(count));
    alone.insert(alone.end(), one.logits.begin(), one.logits.end());
  }
  ASSERT_EQ(batch.logits.size(), alone.size());
  float largest = 0;
  for (const float value : alone) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < alone.size(); ++i) {
    EXPECT_NEAR(batch.logits[i], alone[i], 1e-5F * largest);
  }
}

TEST_F(TorchExecutor, RunsWithoutItsBatchNormsAndTellsHowExactThatIs) {
  const InferenceForm form = FormOf(v1::PRECISION_FP32);
  EXPECT_EQ(form.device, "cpu");
  EXPECT_EQ(form.batch_norm_count, 2);
  EXPECT_EQ(form.batch_norms_left, 0);
  EXPECT_LE(form.fold_error, 1e-5);
  EXPECT_EQ(form.unfolded_reason, "");
  EXPECT_LE(form.precision_error, 1e-5);
  EXPECT_EQ(form.class_change_share, 0);
}

TEST_F(TorchExecutor, RunsWithoutTheFusedKernelsWhereTheyDoNotFit) {
  Misfit();
  const InferenceForm form = FormOf(v1::PRECISION_FP32);
  EXPECT_FALSE(form.is_fused);
  EXPECT_THAT(form.unfused_reason, HasSubstr("output_size"));
  EXPECT_EQ(form.batch_norms_left, 0);
  EXPECT_LE(form.precision_error, 1e-5);
}

TEST_F(TorchExecutor, RunsByTheFusedKernelsWhereTheyFit) {
  const InferenceForm form = FormOf(v1::PRECISION_FP32);
  EXPECT_TRUE(form.is_fused) << form.unfused_reason;
  EXPECT_EQ(form.batch_norms_left, 0);
  EXPECT_GT(form.precision_error, 0) << "this is the network as it was trained";
  EXPECT_LE(form.precision_error, 1e-5);
}

// (x - 1e6) + 1e6 rounds x to sixteenths; without the batch norm it is exact. Who is
// right does not matter: the model was evaluated with the rounding.
TEST_F(TorchExecutor, RunsAsTrainedWhereFoldingWouldChangeItsAnswers) {
  const Network network = *Network::Build(version_.recipe().network(), 1, at::kCPU);
  SetState(fixture_, "after3", network);
  for (const std::vector<NamedTensor>& tensors : {network.parameters(), network.buffers()}) {
    for (const NamedTensor& named : tensors) {
      if (named.name == "layers.6.running_mean") named.tensor.fill_(1e6);
      if (named.name == "layers.6.running_var") named.tensor.fill_(1);
      if (named.name == "layers.6.weight") named.tensor.fill_(1);
      if (named.name == "layers.6.bias") named.tensor.fill_(1e6);
    }
  }
  Publish(*SaveState(network));

  const InferenceForm form = FormOf(v1::PRECISION_FP32);
  EXPECT_EQ(form.batch_norms_left, 2);
  EXPECT_GT(form.fold_error, 1e-5);
  EXPECT_THAT(form.unfolded_reason, HasSubstr("the folded network differs by"));
}

TEST_F(TorchExecutor, InBfloat16TellsHowMuchItsAnswersChange) {
  const InferenceForm form = FormOf(v1::PRECISION_BF16);
  EXPECT_EQ(form.precision, v1::PRECISION_BF16);
  EXPECT_GT(form.precision_error, 1e-5) << "this is not bfloat16";
  EXPECT_LE(form.precision_error, 0.03);
  EXPECT_LE(form.class_change_share, 1);
}

TEST_F(TorchExecutor, InBfloat16RunsByTheFusedKernelsWhereTheProcessorMultipliesIt) {
  const InferenceForm form = FormOf(v1::PRECISION_BF16);
  const bool multiplies = FindBf16ConvKernels("avx512bf16") != nullptr;
  EXPECT_EQ(form.is_fused, multiplies) << form.unfused_reason;
  if (!multiplies) {
    EXPECT_THAT(form.unfused_reason, HasSubstr("does not multiply bf16"));
  }
  EXPECT_LE(form.fold_error, 1e-5) << "what folding changes is told apart from rounding";
}

TEST_F(TorchExecutor, RunsMoreRowsThanItTakesAtOnce) {
  const auto executor = Load();
  std::string many;
  for (int i = 0; i < 9; ++i) many += Input();
  const auto prediction = (*executor)->Run({many}, 72);
  ASSERT_TRUE(prediction.ok()) << prediction.status();
  const Prediction few = *(*executor)->Run({Input()}, 8);
  ASSERT_EQ(prediction->classes.size(), 72u);
  ASSERT_EQ(prediction->logits.size(), 216u);
  for (size_t i = 0; i < 216; ++i) {
    EXPECT_NEAR(prediction->logits[i], few.logits[i % 24], 1e-5);
    EXPECT_NEAR(prediction->probabilities[i], few.probabilities[i % 24], 1e-5);
  }
}

TEST_F(TorchExecutor, IsNotLoadedForADeviceThatIsNotThere) {
  ExecutorOptions options;
  options.device = "cuda:99";
  const auto executor = TorchExecutorLoader(options).Load(version_, directory_.string());
  EXPECT_EQ(executor.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(executor.status().message()), HasSubstr("cuda:99"));
}

TEST_F(TorchExecutor, TellsWhatItsWeightsOccupy) {
  Misfit();
  EXPECT_EQ((*Load())->memory_bytes(),
            static_cast<int64_t>(std::filesystem::file_size(directory_ / kWeightsFileName)));
}

TEST_F(TorchExecutor, RunsOnSeveralThreadsAtOnce) {
  const auto executor = Load();
  const std::vector<float> expected = (*executor)->Run({Input()}, 8)->logits;
  std::vector<int> equal(4);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        PrepareExecutorThread(1);
        for (int k = 0; k < 20; ++k) equal[i] += (*executor)->Run({Input()}, 8)->logits == expected;
      });
    }
  }
  EXPECT_THAT(equal, ::testing::Each(20));
}

TEST_F(TorchExecutor, RefusesBytesThatDoNotFitTheRows) {
  const auto prediction = (*Load())->Run({"short"}, 8);
  EXPECT_EQ(prediction.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(prediction.status().message()),
              HasSubstr("expected 2048 bytes for 8 rows, got 5"));
}

TEST_F(TorchExecutor, IsNotLoadedWithoutItsFiles) {
  for (const char* name : {kWeightsFileName, kManifestFileName}) {
    std::filesystem::remove(directory_ / name);
    const auto executor = Load();
    EXPECT_EQ(executor.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(executor.status().message()),
                HasSubstr(absl::StrCat(name, " is absent")));
  }
}

TEST_F(TorchExecutor, IsNotLoadedFromWeightsThatTheManifestDoesNotVouchFor) {
  weights_.back() ^= 1;
  WriteFile(directory_ / kWeightsFileName, weights_);
  const auto executor = Load();
  EXPECT_EQ(executor.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(executor.status().message()),
              HasSubstr("model.safetensors: expected SHA-256"));
}

TEST_F(TorchExecutor, IsNotLoadedFromWeightsOfAnotherNetwork) {
  version_.mutable_recipe()
      ->mutable_network()
      ->mutable_layers(9)
      ->mutable_linear()
      ->set_out_features(5);
  const auto executor = Load();
  EXPECT_EQ(executor.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(executor.status().message()), HasSubstr("tensor layers.9.weight"));
}

TEST_F(TorchExecutor, IsNotLoadedFromWeightsThatAreNoSafetensors) {
  Publish("not tensors");
  EXPECT_EQ(Load().status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace traind
