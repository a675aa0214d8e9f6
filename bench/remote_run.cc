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
std::vector<double> Time(traind::Executor& executor, const std::string& input, const Flags& flags) {
  std::vector<double> times;
  for (int i = 0; i < flags.calls; ++i) {
    const auto start = SteadyClock::now();
    if (const auto run = executor.Run({input}, flags.rows); !run.ok()) {
      std::fprintf(stderr, "%s\n", run.status().ToString().c_str());
      std::exit(1);
    }
    times.push_back(std::chrono::duration<double, std::micro>(SteadyClock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  return times;
}

double Median(const std::vector<double>& sorted) { return sorted[sorted.size() / 2]; }

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
    std::printf("%8s %12s %12s %12s %12s\n", "round", "own p50", "apart p50", "difference",
                "apart p99");
    for (int round = 0; round < flags.rounds; ++round) {
      const std::vector<double> own_times = Time(*own, input, flags);
      const std::vector<double> remote_times = Time(*remote, input, flags);
      std::printf("%8d %9.1f us %9.1f us %9.1f us %9.1f us\n", round + 1, Median(own_times),
                  Median(remote_times), Median(remote_times) - Median(own_times),
                  remote_times[remote_times.size() * 99 / 100]);
    }
  }
  std::filesystem::remove_all(directory);
}
