// What it costs that a batch is run in a process of its own: the same network, weights and
// input on the CPU, in this process and in a serving worker, in turns.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "server/recipes/recipe_text.h"
#include "server/torch/checkpoint/manifest.h"
#include "server/torch/infer/torch_executor.h"
#include "server/torch/nn/network.h"
#include "server/torch/nn/network_state.h"
#include "server/workers/remote_executor_loader.h"

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Flags {
  std::string recipe = "recipes/s4.textproto";
  std::string worker;
  int rows = 1;
  int calls = 1000;
  int rounds = 5;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A version with weights as they are before training.
traind::v1::ModelVersion WriteVersion(const std::string& recipe, const std::string& directory) {
  traind::v1::ModelVersion version;
  version.set_model("bench");
  version.set_version(1);
  *version.mutable_recipe() = traind::ParseRecipe(ReadFile(recipe), recipe).value();
  const traind::Network network =
      traind::Network::Build(version.recipe().network(), 1, at::kCPU).value();
  const std::string weights = traind::SaveState(network).value();
  traind::CheckpointManifest manifest;
  manifest.files.push_back(traind::DescribeFile(traind::kWeightsFileName, weights));
  std::ofstream(directory + "/" + traind::kWeightsFileName, std::ios::binary) << weights;
  std::ofstream(directory + "/" + traind::kManifestFileName, std::ios::binary)
      << traind::WriteManifest(manifest);
  return version;
}

// Microseconds of each of the calls, sorted.
struct Times {
  std::vector<double> total;
  std::vector<double> network;
};

Times Time(traind::Executor& executor, const std::string& input, const Flags& flags) {
  Times times;
  for (int i = 0; i < flags.calls; ++i) {
    const auto start = SteadyClock::now();
    const auto run = executor.Run({input}, flags.rows);
    if (!run.ok()) {
      std::fprintf(stderr, "%s\n", run.status().ToString().c_str());
      std::exit(1);
    }
    times.total.push_back(
        std::chrono::duration<double, std::micro>(SteadyClock::now() - start).count());
    times.network.push_back(absl::ToDoubleMicroseconds(run->times.infer + run->times.output));
  }
  std::sort(times.total.begin(), times.total.end());
  std::sort(times.network.begin(), times.network.end());
  return times;
}

double At(const std::vector<double>& sorted, double quantile) {
  return sorted[static_cast<size_t>(static_cast<double>(sorted.size() - 1) * quantile)];
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Compares a batch in this process with one in a serving worker");
  Flags flags;
  app.add_option("--recipe", flags.recipe, "Network");
  app.add_option("--worker", flags.worker, "traind-worker")->required();
  app.add_option("--rows", flags.rows, "Rows of a batch");
  app.add_option("--calls", flags.calls, "Batches of a round");
  app.add_option("--rounds", flags.rounds, "Rounds");
  CLI11_PARSE(app, argc, argv);
  std::string directory = "/tmp/remote-run-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) return 1;
  const traind::v1::ModelVersion version = WriteVersion(flags.recipe, directory);
  traind::PrepareExecutorThread(1);
  {
    traind::TorchExecutorLoader within;
    traind::RemoteExecutorLoader apart(
        {.worker_binary = flags.worker, .socket_directory = directory, .device = "cpu"});
    const auto own = within.Load(version, directory).value();
    const auto remote = apart.Load(version, directory).value();
    const auto& shape = version.recipe().network().input();
    const std::string input(static_cast<size_t>(flags.rows) * shape.channels() * shape.height() *
                                shape.width() * sizeof(float),
                            '\0');
    std::printf(
        "microseconds: of the call, and in it of the network\n"
        "round   own p10   own p50  its net   apart p10   apart p50   apart p99  its net\n");
    for (int round = 0; round < flags.rounds; ++round) {
      const Times here = Time(*own, input, flags);
      const Times there = Time(*remote, input, flags);
      std::printf("%5d %9.1f %9.1f %8.1f %11.1f %11.1f %11.1f %8.1f\n", round + 1,
                  At(here.total, 0.1), At(here.total, 0.5), At(here.network, 0.5),
                  At(there.total, 0.1), At(there.total, 0.5), At(there.total, 0.99),
                  At(there.network, 0.5));
    }
  }
  std::filesystem::remove_all(directory);
}
