#include <c10/core/CachingDeviceAllocator.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/torch/checkpoint/manifest.h"
#include "server/torch/infer/form_check.h"
#include "server/torch/infer/torch_executor.h"
#include "server/torch/nn/network_state.h"
#include "tests/torch/gpu/gpu_fixture.h"

namespace traind {
namespace {

// The network of s4 with its initial weights, published.
class CudaExecutorTest : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped()) return;
    directory_ = std::filesystem::path(::testing::TempDir()) /
                 ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(directory_);
    std::ifstream file("recipes/s4.textproto");
    std::stringstream text;
    text << file.rdbuf();
    ASSERT_TRUE(
        google::protobuf::TextFormat::ParseFromString(text.str(), version_.mutable_recipe()));
    const std::string weights =
        *SaveState(*Network::Build(version_.recipe().network(), 1, at::kCPU));
    CheckpointManifest manifest;
    manifest.files.push_back(DescribeFile(kWeightsFileName, weights));
    std::ofstream(directory_ / kWeightsFileName, std::ios::binary) << weights;
    std::ofstream(directory_ / kManifestFileName, std::ios::binary) << WriteManifest(manifest);
    rows_ = at::rand({200, 1, 28, 28});
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  static ExecutorOptions OnGpu(v1::Precision precision = v1::PRECISION_FP32) {
    ExecutorOptions options;
    options.device = "cuda:0";
    options.precision = precision;
    options.thread_count = 2;
    return options;
  }

  std::unique_ptr<Executor> Load(ExecutorOptions options) {
    TorchExecutorLoader loader(std::move(options));
    auto executor = loader.Load(version_, directory_.string());
    EXPECT_TRUE(executor.ok()) << executor.status();
    return *std::move(executor);
  }

  absl::string_view Rows(int64_t count) const {
    return {static_cast<const char*>(rows_.const_data_ptr()),
            static_cast<size_t>(count * 784) * sizeof(float)};
  }

  static at::Tensor Logits(const Prediction& prediction) {
    return at::tensor(prediction.logits).view({prediction.row_count, prediction.class_count});
  }

  std::filesystem::path directory_;
  v1::ModelVersion version_;
  at::Tensor rows_;
};

TEST_F(CudaExecutorTest, GivesWhatTheCpuGivesForEveryNumberOfRows) {
  const auto cpu = Load({});
  const auto gpu = Load(OnGpu());
  std::vector<int64_t> counts = {65, 127, 129, 200};
  for (int64_t count = 1; count <= 64; ++count) counts.push_back(count);
  for (const int64_t count : counts) {
    const auto expected = cpu->Run({Rows(count)}, count);
    const auto actual = gpu->Run({Rows(count)}, count);
    ASSERT_TRUE(actual.ok()) << actual.status();
    EXPECT_LE(RelativeError(Logits(*expected), Logits(*actual)), 1e-4) << count << " rows";
    EXPECT_EQ(actual->classes.size(), static_cast<size_t>(count));
    ASSERT_EQ(actual->probabilities.size(), expected->probabilities.size());
    for (size_t i = 0; i < expected->probabilities.size(); ++i) {
      EXPECT_NEAR(actual->probabilities[i], expected->probabilities[i], 1e-4);
    }
  }
}

TEST_F(CudaExecutorTest, RecordsALaunchForEverySizeAndTellsItsForm) {
  InferenceForm told;
  ExecutorOptions options = OnGpu();
  options.on_loaded = [&](const v1::ModelVersion&, const InferenceForm& form) { told = form; };
  Load(options);
  EXPECT_EQ(told.graph_count, 7) << told.ungraphed_reason;
  EXPECT_EQ(told.device, "cuda:0");
  EXPECT_EQ(told.batch_norms_left, 0);
  EXPECT_LE(told.precision_error, 1e-4);
}

TEST_F(CudaExecutorTest, InBfloat16IsCloseAndTellsHowMuchItsAnswersChange) {
  InferenceForm told;
  ExecutorOptions options = OnGpu(v1::PRECISION_BF16);
  options.on_loaded = [&](const v1::ModelVersion&, const InferenceForm& form) { told = form; };
  Load(options);
  EXPECT_GT(told.precision_error, 1e-5) << "this is not bfloat16";
  EXPECT_LE(told.precision_error, 0.05);
}

TEST_F(CudaExecutorTest, RunsOnSeveralThreadsAtOnceWhileAnotherModelIsLoaded) {
  const auto gpu = Load(OnGpu());
  std::vector<at::Tensor> expected;
  for (int64_t count = 1; count <= 40; ++count) {
    expected.push_back(Logits(*gpu->Run({Rows(count)}, count)));
  }
  std::vector<int> equal(4);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        for (int k = 0; k < 200; ++k) {
          const int64_t count = (k * 7 + i * 13) % 40 + 1;
          const auto prediction = gpu->Run({Rows(count)}, count);
          const at::Tensor& wanted = expected[static_cast<size_t>(count - 1)];
          equal[i] += prediction.ok() && RelativeError(wanted, Logits(*prediction)) <= 1e-5;
        }
      });
    }
    for (int k = 0; k < 3; ++k) Load(OnGpu());
  }
  EXPECT_EQ(equal, std::vector<int>(4, 200));
}

TEST_F(CudaExecutorTest, GivesItsMemoryBackOnUnload) {
  const auto reserved = [&] {
    return c10::getDeviceAllocator(at::kCUDA)
        ->getDeviceStats(0)
        .reserved_bytes[static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE)]
        .current;
  };
  const auto free_bytes = [&] {
    return static_cast<int64_t>(c10::getDeviceAllocator(at::kCUDA)->getMemoryInfo(0).first);
  };
  const auto cycle = [&] {
    const auto gpu = Load(OnGpu());
    EXPECT_TRUE(gpu->Run({Rows(5)}, 5).ok());
  };
  // The first ones make what the library keeps for good.
  for (int i = 0; i < 10; ++i) cycle();
  const int64_t reserved_before = reserved();
  const int64_t free_before = free_bytes();
  for (int i = 0; i < 200; ++i) cycle();
  EXPECT_LE(reserved(), reserved_before);
  // Others may use the device too.
  EXPECT_GE(free_bytes(), free_before - (int64_t{64} << 20));
  std::printf("kept for good: %.1f MiB\n", static_cast<double>(reserved()) / (1 << 20));
}

TEST_F(CudaExecutorTest, PrintsItsThroughput) {
  for (const v1::Precision precision : {v1::PRECISION_FP32, v1::PRECISION_BF16}) {
    const auto gpu = Load(OnGpu(precision));
    std::printf("%s, %.1f MiB\n", v1::Precision_Name(precision).c_str(),
                static_cast<double>(gpu->memory_bytes()) / (1 << 20));
    for (const int64_t count : {1, 8, 32, 64}) {
      double best = 1e9;
      for (int round = 0; round < 5; ++round) {
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < 200; ++i) ASSERT_TRUE(gpu->Run({Rows(count)}, count).ok());
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
        best = std::min(best, passed.count() / 200);
      }
      std::printf("  batch %2d: %7.1f us, %9.0f rows/s\n", static_cast<int>(count), best * 1e6,
                  static_cast<double>(count) / best);
    }
  }
}

// An index out of range is found by the kernel, and spoils the process.
void PoisonDevice() {
  const at::TensorOptions on_gpu = at::TensorOptions().device(at::kCUDA, 0);
  at::zeros({2}, on_gpu).index_select(0, at::full({1}, 100, on_gpu.dtype(at::kLong)));
}

TEST_F(CudaExecutorTest, SaysThatTheDeviceIsLostAndLetsTheProcessEnd) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto poisoned = [&] {
    TorchExecutorLoader loader(OnGpu());
    auto executor = loader.Load(version_, directory_.string());
    if (!executor.ok() || loader.is_lost()) std::_Exit(10);
    PoisonDevice();
    const absl::StatusOr<Prediction> first = (*executor)->Run({Rows(1)}, 1);
    if (first.status().code() != absl::StatusCode::kUnavailable) std::_Exit(11);
    if (!loader.is_lost()) std::_Exit(12);
    if ((*executor)->Run({Rows(1)}, 1).status().code() != absl::StatusCode::kUnavailable) {
      std::_Exit(13);
    }
    executor->reset();
    if (loader.Load(version_, directory_.string()).status().code() !=
        absl::StatusCode::kUnavailable) {
      std::_Exit(14);
    }
    std::_Exit(0);
  };
  EXPECT_EXIT(poisoned(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace traind
