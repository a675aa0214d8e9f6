// The forward pass of Predict alone, without server and queue: microseconds for a batch
// of each size, best of many, in the forms that a network can run in.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/recipe_text.h"
#include "server/torch/infer/fold.h"
#include "server/torch/infer/inference_network.h"
#include "server/torch/nn/network.h"
#include "server/torch/nn/pixel_normalization.h"
#include "server/torch/torch_headers.h"

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Flags {
  std::string recipe = "recipes/s4.textproto";
  std::vector<int> batches = {1, 8, 32, 64};
  int rounds = 60;
  int threads = 1;
};

absl::StatusOr<traind::v1::Recipe> ReadRecipe(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read recipe ", path));
  std::stringstream text;
  text << file.rdbuf();
  return traind::ParseRecipe(text.str(), path);
}

// The fastest of rounds of a few passes each: the machine's other work only adds.
double BestMicroseconds(int rounds, int passes, const std::function<void()>& pass) {
  for (int i = 0; i < 3; ++i) pass();
  double best = 1e12;
  for (int round = 0; round < rounds; ++round) {
    const SteadyClock::time_point start = SteadyClock::now();
    for (int i = 0; i < passes; ++i) pass();
    const std::chrono::duration<double, std::micro> passed = SteadyClock::now() - start;
    best = std::min(best, passed.count() / passes);
  }
  return best;
}

void Print(const Flags& flags, const traind::v1::InputShape& input, const char* form,
           const std::function<at::Tensor(const at::Tensor&)>& forward) {
  const c10::InferenceMode inference;
  std::printf("%-32s", form);
  for (const int batch : flags.batches) {
    const at::Tensor rows = at::rand({batch, input.channels(), input.height(), input.width()});
    const int passes = std::max(1, 64 / batch);
    std::printf(" %9.1f", BestMicroseconds(flags.rounds, passes, [&] { forward(rows); }));
    std::fflush(stdout);
  }
  std::printf("\n");
}

absl::Status Measure(const Flags& flags) {
  ASSIGN_OR_RETURN(const traind::v1::Recipe recipe, ReadRecipe(flags.recipe));
  at::set_num_threads(flags.threads);
  ASSIGN_OR_RETURN(const traind::Network network,
                   traind::Network::Build(recipe.network(), /*seed=*/1, at::kCPU));
  std::map<std::string, at::Tensor> state;
  for (const traind::NamedTensor& named : network.parameters()) state[named.name] = named.tensor;
  for (const traind::NamedTensor& named : network.buffers()) state[named.name] = named.tensor;
  const traind::PixelNormalization normalization(recipe.data().normalization(), at::kCPU);
  const traind::InferenceLayers trained =
      traind::LayersAsTrained(recipe.network(), recipe.data().normalization(), state);
  const traind::InferenceLayers folded = traind::FoldLayers(trained);
  const traind::v1::InputShape& input = recipe.network().input();

  std::printf("us a batch, %d thread(s); batch:", flags.threads);
  for (const int batch : flags.batches) std::printf(" %d", batch);
  std::printf("\n");
  Print(flags, input, "as trained, softmax and argmax", [&](const at::Tensor& rows) {
    const at::Tensor logits = network.Forward(normalization.FromFractions(rows.clone()), {});
    logits.argmax(1);
    return at::softmax(logits, 1);
  });
  for (const auto& [form, layers, precision] :
       {std::tuple{"packed", &trained, traind::v1::PRECISION_FP32},
        std::tuple{"packed, folded", &folded, traind::v1::PRECISION_FP32},
        std::tuple{"packed, folded, bf16", &folded, traind::v1::PRECISION_BF16}}) {
    const traind::InferenceNetwork inference(*layers, at::kCPU, precision);
    Print(flags, input, form, [&](const at::Tensor& rows) { return inference.Forward(rows); });
  }
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Speed of the forward pass of Predict alone, best of many rounds");
  app.add_option("--recipe", flags.recipe, "Recipe file");
  app.add_option("--batch", flags.batches, "Rows of a batch; may be given several times");
  app.add_option("--rounds", flags.rounds, "Rounds for each batch")->check(CLI::PositiveNumber);
  app.add_option("--threads", flags.threads, "Threads of a pass")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  // On a thread of its own, as in the server: the allocator treats the first one apart.
  absl::Status status;
  std::thread([&] { status = Measure(flags); }).join();
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
