// The fused step alone, on random images: its speed and, per stage, where the time goes.
// Each part's fastest step counts, so that it can be told on a machine that others use.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "bench/train/step_cost.h"
#include "server/base/status_macros.h"
#include "server/fused/fused_network.h"
#include "server/fused/step_engine.h"
#include "server/kernels/conv.h"
#include "server/kernels/conv_bf16.h"
#include "server/recipes/recipe_text.h"

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Flags {
  std::string recipe = "recipes/s4.textproto";
  std::string path;
  bool bf16 = false;
  int batch = 64;
  int threads = 2;
  int steps = 200;
  bool json = false;
};

// A network's tensors, at random, and what a step reads.
class Setting {
 public:
  Setting(const traind::FusedPlan& plan, const traind::v1::InputShape& input, int batch)
      : plan_(plan) {
    for (const traind::FusedStage& stage : plan.stages) {
      traind::StageTensors& tensors = network_.emplace_back();
      const double deviation = 1 / std::sqrt(static_cast<double>(stage.weight_rows()));
      for (const traind::StageParameter& parameter : traind::ParametersOf(stage)) {
        const bool scale = parameter.tensor == &traind::StageTensors::scale;
        tensors.*parameter.tensor = Random(parameter.size, scale ? 1 : 0, scale ? 0 : deviation);
      }
      if (!stage.batch_norm) continue;
      tensors.running_mean = Random(stage.out_channels, 0, 0);
      tensors.running_variance = Random(stage.out_channels, 1, 0);
    }
    for (const traind::FusedStage& stage : plan.stages) {
      traind::StageTensors& tensors = momentum_.emplace_back();
      for (const traind::StageParameter& parameter : traind::ParametersOf(stage)) {
        tensors.*parameter.tensor = Random(parameter.size, 0, 0);
      }
    }
    images_ = Random(int64_t{batch} * input.channels() * input.height() * input.width(), 0, 1);
    for (int i = 0; i < batch; ++i) labels_.push_back(i % plan.class_count());
  }

  const std::vector<traind::StageTensors>& network() const { return network_; }
  const std::vector<traind::StageTensors>& momentum() const { return momentum_; }
  const float* images() const { return images_; }
  traind::StepEngine::Batch Batch(int64_t step) const {
    traind::StepEngine::Batch batch;
    batch.images = images_;
    batch.labels = labels_.data();
    batch.row_count = static_cast<int64_t>(labels_.size());
    batch.epoch_seed = 1;
    batch.step = step;
    return batch;
  }

 private:
  float* Random(int64_t size, double mean, double deviation) {
    std::vector<float>& values =
        *memory_.emplace_back(std::make_unique<std::vector<float>>(size, mean));
    std::normal_distribution<float> normal;
    for (float& value : values) value += static_cast<float>(deviation) * normal(random_);
    return values.data();
  }

  const traind::FusedPlan& plan_;
  std::mt19937 random_{1};
  std::vector<std::unique_ptr<std::vector<float>>> memory_;
  std::vector<traind::StageTensors> network_;
  std::vector<traind::StageTensors> momentum_;
  const float* images_ = nullptr;
  std::vector<int64_t> labels_;
};

double Milliseconds(SteadyClock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

std::string NameOf(const traind::FusedStage& stage) {
  if (stage.kind == traind::FusedStage::Kind::kSum) return "sum";
  return stage.has_weights() ? absl::StrCat("layer ", stage.layer) : "map";
}

// Of a step's times, the least of all steps, each for itself.
struct LeastTimes {
  std::vector<traind::StepEngine::StageTimes> stages;
  std::chrono::nanoseconds update = std::chrono::hours(1);
  std::chrono::nanoseconds step = std::chrono::hours(1);
  std::chrono::nanoseconds median_step{0};
};

LeastTimes Measure(const Flags& flags, const Setting& setting, traind::StepEngine& engine) {
  LeastTimes least;
  least.stages.assign(engine.times().size(), {std::chrono::hours(1), std::chrono::hours(1)});
  std::vector<std::chrono::nanoseconds> steps;
  for (int step = 0; step < flags.steps; ++step) {
    const std::vector<traind::StepEngine::StageTimes> before = engine.times();
    const std::chrono::nanoseconds update_before = engine.update_time();
    const SteadyClock::time_point start = SteadyClock::now();
    engine.Run(setting.Batch(step), 0.01);
    steps.push_back(SteadyClock::now() - start);
    least.update = std::min(least.update, engine.update_time() - update_before);
    for (size_t s = 0; s < before.size(); ++s) {
      traind::StepEngine::StageTimes& stage = least.stages[s];
      stage.forward = std::min(stage.forward, engine.times()[s].forward - before[s].forward);
      stage.backward = std::min(stage.backward, engine.times()[s].backward - before[s].backward);
    }
  }
  std::sort(steps.begin(), steps.end());
  least.step = steps.front();
  least.median_step = steps[steps.size() / 2];
  return least;
}

double LeastForwardMilliseconds(const Flags& flags, const traind::FusedPlan& plan,
                                const Setting& setting) {
  traind::FusedNetwork::Options options;
  options.bf16 = flags.bf16;
  options.path = flags.path;
  const auto network = traind::FusedNetwork::Create(plan, setting.network(), options);
  std::vector<float> logits(static_cast<size_t>(flags.batch) * network->class_count());
  SteadyClock::duration least = std::chrono::hours(1);
  for (int step = 0; step < flags.steps; ++step) {
    const SteadyClock::time_point start = SteadyClock::now();
    network->Run(setting.images(), flags.batch, logits.data());
    least = std::min(least, SteadyClock::now() - start);
  }
  return Milliseconds(least);
}

// The kernels that the step runs on.
std::string PathOf(const Flags& flags) {
  if (!flags.path.empty()) return flags.path;
  return flags.bf16 ? traind::BestBf16ConvKernels().name : traind::BestConvKernels().name;
}

// One line: what compare.py reads.
void PrintJson(const Flags& flags, const traind::FusedPlan& plan, const LeastTimes& least) {
  const int element_bytes = flags.bf16 ? 2 : 4;
  const std::string path = PathOf(flags);
  const auto seconds = [](std::chrono::nanoseconds time) { return Milliseconds(time) / 1000; };
  std::printf(
      "{\"path\": \"%s\", \"batch\": %d, \"threads\": %d, \"step_seconds\": %.9f, "
      "\"median_step_seconds\": %.9f, \"update_seconds\": %.9f, \"stages\": [",
      path.c_str(), flags.batch, flags.threads, seconds(least.step), seconds(least.median_step),
      seconds(least.update));
  double activation_bytes = 0;
  for (int s = 0; s < static_cast<int>(plan.stages.size()); ++s) {
    const traind::StageCost cost = traind::CostOf(plan, s, element_bytes);
    activation_bytes += flags.batch * cost.forward_bytes;
    std::printf(
        "%s{\"layer\": \"%s\", \"forward_seconds\": %.9f, \"backward_seconds\": %.9f, "
        "\"forward_operations\": %.0f, \"backward_operations\": %.0f, "
        "\"forward_bytes\": %.0f, \"backward_bytes\": %.0f}",
        s == 0 ? "" : ", ", plan.stages[s].layer.c_str(), seconds(least.stages[s].forward),
        seconds(least.stages[s].backward), flags.batch * cost.forward_operations,
        flags.batch * cost.backward_operations, flags.batch * cost.forward_bytes,
        flags.batch * cost.backward_bytes);
  }
  std::printf("], \"activation_bytes\": %.0f}\n", activation_bytes);
}

absl::Status Run(const Flags& flags) {
  std::ifstream file(flags.recipe);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read recipe ", flags.recipe));
  std::stringstream text;
  text << file.rdbuf();
  ASSIGN_OR_RETURN(const traind::v1::Recipe recipe, traind::ParseRecipe(text.str(), flags.recipe));
  ASSIGN_OR_RETURN(const traind::FusedPlan plan, traind::PlanFused(recipe.network()));
  const bool found = flags.bf16 ? traind::FindBf16ConvKernels(flags.path) != nullptr
                                : traind::FindConvKernels(flags.path) != nullptr;
  if (!flags.path.empty() && !found) {
    return absl::InvalidArgumentError(absl::StrCat("this processor has no path ", flags.path));
  }
  const Setting setting(plan, recipe.network().input(), flags.batch);
  traind::StepEngine::Options options;
  options.batch_max = flags.batch;
  options.thread_count = flags.threads;
  options.momentum = 0.9;
  options.bf16 = flags.bf16;
  options.path = flags.path;
  const std::unique_ptr<traind::StepEngine> engine =
      traind::StepEngine::Create(plan, options, setting.network(), setting.momentum());
  const LeastTimes least = Measure(flags, setting, *engine);
  if (flags.json) {
    PrintJson(flags, plan, least);
    return absl::OkStatus();
  }
  std::printf("batch %d, %d threads: %.3f ms a step, %.1f it/s\n", flags.batch, flags.threads,
              Milliseconds(least.step), 1000 / Milliseconds(least.step));
  for (size_t s = 0; s < plan.stages.size(); ++s) {
    std::printf("  %-12s  forward %7.3f ms  backward %7.3f ms\n", NameOf(plan.stages[s]).c_str(),
                Milliseconds(least.stages[s].forward), Milliseconds(least.stages[s].backward));
  }
  std::printf("  packing, reducing and updating weights %7.3f ms\n", Milliseconds(least.update));
  std::printf("forward only, 1 thread: %.3f ms for %d rows\n",
              LeastForwardMilliseconds(flags, plan, setting), flags.batch);
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Speed of the fused step alone; the least of many steps");
  app.add_option("--recipe", flags.recipe, "Recipe file");
  app.add_option("--path", flags.path,
                 "Kernels: avx512, avx2, portable or, with --bf16, amxbf16, avx512bf16, portable");
  app.add_flag("--bf16", flags.bf16, "Activations and their gradients in bf16");
  app.add_option("--batch", flags.batch, "Rows of a step")->check(CLI::PositiveNumber);
  app.add_option("--threads", flags.threads)->check(CLI::PositiveNumber);
  app.add_option("--steps", flags.steps)->check(CLI::PositiveNumber);
  app.add_flag("--json", flags.json, "Print one line of JSON, with what each part costs at least");
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = Run(flags);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
