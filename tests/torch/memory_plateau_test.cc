// Memory that models take and give back, in a process of its own: its size is measured.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/synchronization/notification.h"
#include "server/base/process_stat.h"
#include "server/serving/model_pool.h"
#include "server/torch/checkpoint/manifest.h"
#include "server/torch/infer/torch_executor.h"
#include "server/torch/nn/network_state.h"
#include "tests/serving/serving_fakes.h"
#include "tests/torch/small_recipe.h"

namespace traind {
namespace {

constexpr int kCycles = 200;
constexpr int64_t kMebibyte = 1 << 20;

// A store whose one version has its files where the test has put them.
class OneFolderStore : public FakeModelStore {
 public:
  OneFolderStore(const v1::ModelVersion& version, std::string folder)
      : FakeModelStore({version}), folder_(std::move(folder)) {}
  std::string Directory(absl::string_view model, int64_t version) const override { return folder_; }

 private:
  const std::string folder_;
};

// The small network with 1 MiB more of weights, so that one copy left behind by each
// cycle could not be missed.
v1::ModelVersion WideVersion() {
  v1::ModelVersion version;
  version.set_model("wide");
  version.set_version(1);
  *version.mutable_recipe() = SmallRecipe();
  v1::Network& network = *version.mutable_recipe()->mutable_network();
  network.mutable_layers()->RemoveLast();
  network.add_layers()->mutable_linear()->set_out_features(37'000);
  network.add_layers()->mutable_linear()->set_out_features(3);
  return version;
}

int64_t ResidentBytes() {
  const absl::StatusOr<ProcessStat> stat = ReadProcessStat(getpid());
  EXPECT_TRUE(stat.ok()) << stat.status();
  return stat.ok() ? stat->resident_bytes : 0;
}

TEST(MemoryPlateau, TwoHundredLoadsPredictionsAndUnloadsEndWhereTheyBegan) {
  PrepareExecutorThread(1);
  const v1::ModelVersion version = WideVersion();
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / "memory_plateau";
  std::filesystem::create_directories(folder);
  {
    const Network network = *Network::Build(version.recipe().network(), 1, at::kCPU);
    const std::string weights = *SaveState(network);
    CheckpointManifest manifest;
    manifest.files.push_back(DescribeFile(kWeightsFileName, weights));
    std::ofstream(folder / kWeightsFileName, std::ios::binary) << weights;
    std::ofstream(folder / kManifestFileName, std::ios::binary) << WriteManifest(manifest);
  }
  const OneFolderStore store(version, folder.string());
  TorchExecutorLoader loader;
  ModelPool::Options options;
  options.thread_start = [] { PrepareExecutorThread(1); };
  ModelPool pool(options, store, loader);
  const std::string rows(8 * 64 * sizeof(float), '\1');

  // The pool may hold an executor, with 18 MiB of buffers, a moment longer than this thread
  // sees. A copy of the weights that each cycle left behind would be 100 MiB.
  constexpr int64_t kGrowthMax = 32 * kMebibyte;
  int64_t halfway = 0;
  for (int cycle = 1; cycle <= kCycles; ++cycle) {
    absl::Notification answered;
    pool.Get(version, [&](ModelPool::Loaded loaded) {
      ASSERT_TRUE(loaded.ok()) << loaded.status();
      EXPECT_TRUE((*loaded)->Run({rows}, 8).ok());
      loaded = absl::CancelledError("done with");
      answered.Notify();
    });
    answered.WaitForNotification();
    EXPECT_GT(pool.Unload("wide", 1), kMebibyte);
    if (cycle == kCycles / 2) halfway = ResidentBytes();
  }
  const int64_t growth = ResidentBytes() - halfway;
  RecordProperty("growth_bytes", std::to_string(growth));
  EXPECT_LT(growth, kGrowthMax);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace traind
