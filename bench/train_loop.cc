// The training loop alone, without server and disk: its speed (steps a second, best of
// some rounds); with --epochs that of whole epochs and the time to an accuracy; or,
// with --full, what a recipe reaches epoch by epoch.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "bench/epoch_timer.h"
#include "server/base/status_macros.h"
#include "server/datasets/dataset_directory.h"
#include "server/recipes/recipe_text.h"
#include "server/recipes/recipe_validation.h"
#include "server/torch/train/trainer.h"

namespace {

using SteadyClock = std::chrono::steady_clock;

struct Flags {
  std::string recipe = "recipes/s4.textproto";
  std::string datasets_dir = ".deps/datasets";
  std::string device = "cpu";
  std::string precision = "fp32";
  std::string step = "auto";
  std::vector<std::string> overrides;
  int steps = 150;
  int batch = 0;
  int threads = 0;
  int epochs = 0;
  double target = 0.994;
  int rounds = 3;
  bool full = false;
  bool json = false;
};

// Forgets checkpoints.
class NullStore : public traind::CheckpointStore {
 public:
  absl::Status Write(int64_t, absl::Span<const traind::CheckpointFile>) override {
    return absl::OkStatus();
  }
  absl::Status KeepOnly(absl::Span<const std::string>) override { return absl::OkStatus(); }
  absl::StatusOr<std::vector<std::string>> List() const override {
    return std::vector<std::string>();
  }
  absl::StatusOr<std::vector<traind::CheckpointFile>> Read(absl::string_view) const override {
    return absl::NotFoundError("none is kept");
  }
};

// Measures rounds of as many steps as lie between two train-step events, the
// evaluations between them left out, and asks to stop after the last round.
class RoundTimer : public traind::TrainingReporter {
 public:
  RoundTimer(int steps, int rounds, std::stop_source& stop)
      : steps_(steps), rounds_(rounds), stop_(stop) {}

  void Report(traind::v1::Event event) override {
    if (event.has_epoch_finished()) excluded_ += event.epoch_finished().eval_seconds();
    if (!event.has_train_step() || event.train_step().step() % steps_ != 0) return;
    const SteadyClock::time_point now = SteadyClock::now();
    // The first round warms up.
    if (event.train_step().step() > steps_) {
      const double seconds = std::chrono::duration<double>(now - round_start_).count() - excluded_;
      if (static_cast<int>(step_seconds_.size()) < rounds_) {
        step_seconds_.push_back(seconds / steps_);
      }
      if (static_cast<int>(step_seconds_.size()) == rounds_) stop_.request_stop();
    }
    loss_ = event.train_step().loss();
    round_start_ = now;
    excluded_ = 0;
  }
  void ReportProgress(const traind::v1::Progress&) override {}
  absl::Status Flush() override { return absl::OkStatus(); }

  // Of each round.
  const std::vector<double>& step_seconds() const { return step_seconds_; }
  float loss() const { return loss_; }

 private:
  const int steps_;
  const int rounds_;
  std::stop_source& stop_;
  SteadyClock::time_point round_start_;
  double excluded_ = 0;
  std::vector<double> step_seconds_;
  float loss_ = 0;
};

// Prints a line per epoch.
class EpochPrinter : public traind::TrainingReporter {
 public:
  void Report(traind::v1::Event event) override {
    if (!event.has_epoch_finished()) return;
    const traind::v1::EpochFinished& epoch = event.epoch_finished();
    std::printf("epoch %2d  train loss %.4f  eval loss %.4f  accuracy %.2f%%  %.3f s + %.3f s\n",
                epoch.epoch(), epoch.train_loss(), epoch.eval_loss(),
                100.0 * static_cast<double>(epoch.eval_correct_count()) /
                    static_cast<double>(epoch.eval_sample_count()),
                epoch.train_seconds(), epoch.eval_seconds());
    std::fflush(stdout);
  }
  void ReportProgress(const traind::v1::Progress&) override {}
  absl::Status Flush() override { return absl::OkStatus(); }
};

absl::StatusOr<traind::v1::Recipe> ReadRecipe(const Flags& flags) {
  std::ifstream file(flags.recipe);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read recipe ", flags.recipe));
  std::stringstream text;
  text << file.rdbuf();
  ASSIGN_OR_RETURN(traind::v1::Recipe recipe, traind::ParseRecipe(text.str(), flags.recipe));
  for (const std::string& override : flags.overrides) {
    const size_t equals = override.find('=');
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(absl::StrCat("expected path=value, got ", override));
    }
    RETURN_IF_ERROR(
        traind::ApplyOverride(override.substr(0, equals), override.substr(equals + 1), recipe));
  }
  if (flags.batch > 0) recipe.set_batch_size(flags.batch);
  if (flags.epochs > 0) recipe.set_epoch_count(flags.epochs);
  RETURN_IF_ERROR(traind::ValidateRecipe(recipe));
  return recipe;
}

absl::Status Check(const traind::worker::v1::Finished& finished) {
  if (finished.outcome() != traind::worker::v1::OUTCOME_FAILED) return absl::OkStatus();
  return absl::InternalError(finished.error().message());
}

// One line of JSON: the script that compares reads it.
absl::Status MeasureEpochs(const traind::TrainingJob& job, const Flags& flags) {
  NullStore store;
  traind::EpochTimer timer(flags.target);
  RETURN_IF_ERROR(Check(traind::Train(job, timer, store, std::stop_token())));
  const double rate = timer.median_rate();
  std::printf(
      "{\"side\": \"traind\", \"step\": \"%s\", \"device\": \"%s\", \"precision\": \"%s\", "
      "\"batch\": %d, \"epochs\": %d, \"rate\": %.1f, \"rate_with_preparation\": %.1f, "
      "\"samples_per_second\": %.0f, \"preparation_seconds\": %.3f, \"last_accuracy\": %.4f",
      flags.step.c_str(), flags.device.c_str(), flags.precision.c_str(), job.recipe.batch_size(),
      job.recipe.epoch_count(), rate, timer.rate_with_preparation(), rate * job.recipe.batch_size(),
      timer.preparation_seconds(), timer.accuracy());
  if (timer.reached()) {
    std::printf(
        ", \"target\": %.4f, \"target_epoch\": %d, \"target_seconds\": %.3f, "
        "\"target_seconds_with_preparation\": %.3f",
        flags.target, timer.reached()->epoch, timer.reached()->seconds,
        timer.reached()->seconds_with_preparation);
  }
  std::printf("}\n");
  return absl::OkStatus();
}

traind::v1::Precision PrecisionOf(const std::string& name) {
  if (name == "bf16") return traind::v1::PRECISION_BF16;
  return name == "tf32" ? traind::v1::PRECISION_TF32 : traind::v1::PRECISION_FP32;
}

// Steps a second of each round, as one line of JSON.
void PrintRates(const RoundTimer& timer) {
  std::printf("{\"rates\": [");
  const char* comma = "";
  for (const double seconds : timer.step_seconds()) {
    std::printf("%s%.3f", std::exchange(comma, ", "), 1 / seconds);
  }
  std::printf("], \"loss\": %.4f}\n", static_cast<double>(timer.loss()));
}

absl::Status Measure(const traind::TrainingJob& job, const Flags& flags) {
  if (flags.epochs > 0 && !flags.full) return MeasureEpochs(job, flags);
  NullStore store;
  if (flags.full) {
    EpochPrinter printer;
    return Check(traind::Train(job, printer, store, std::stop_token()));
  }
  std::stop_source stop;
  RoundTimer timer(flags.steps, flags.rounds, stop);
  RETURN_IF_ERROR(Check(traind::Train(job, timer, store, stop.get_token())));
  if (timer.step_seconds().empty()) {
    return absl::InvalidArgumentError(
        "the training ends before the first round: expected a recipe with more steps than two "
        "rounds, or fewer --steps");
  }
  if (flags.json) {
    PrintRates(timer);
    return absl::OkStatus();
  }
  const double step_seconds =
      *std::min_element(timer.step_seconds().begin(), timer.step_seconds().end());
  const int batch = job.recipe.batch_size();
  std::printf("traind %s batch %d: %.1f it/s, %.0f samples/s, loss %.4f\n", flags.precision.c_str(),
              batch, 1 / step_seconds, batch / step_seconds, static_cast<double>(timer.loss()));
  return absl::OkStatus();
}

absl::Status Run(const Flags& flags) {
  ASSIGN_OR_RETURN(const traind::v1::Recipe recipe, ReadRecipe(flags));
  const traind::DatasetDirectory datasets(flags.datasets_dir);
  const traind::v1::Data& data = recipe.data();
  ASSIGN_OR_RETURN(const traind::Split train,
                   datasets.ReadSplit(data.dataset(), data.train_split()));
  ASSIGN_OR_RETURN(const traind::Split eval, datasets.ReadSplit(data.dataset(), data.eval_split()));
  traind::v1::Execution execution;
  execution.set_device(flags.device);
  execution.set_thread_count(flags.threads);
  execution.set_precision(PrecisionOf(flags.precision));
  execution.set_step(flags.step);
  execution.set_log_every_steps(flags.steps);
  return Measure(traind::TrainingJob{recipe, execution, train, eval}, flags);
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("Speed of the training loop alone, best of some rounds");
  app.add_option("--recipe", flags.recipe, "Recipe file");
  app.add_option("--datasets-dir", flags.datasets_dir, "Folder that holds the datasets");
  app.add_option("--device", flags.device, "cpu, cuda, cuda:N or auto");
  app.add_option("--precision", flags.precision)->check(CLI::IsMember({"fp32", "tf32", "bf16"}));
  app.add_option("--step", flags.step, "How steps are computed, as in an execution");
  app.add_option("--set", flags.overrides, "path=value, a change to the recipe");
  app.add_option("--steps", flags.steps, "Steps of a round")->check(CLI::PositiveNumber);
  app.add_option("--rounds", flags.rounds, "After one to warm up")->check(CLI::PositiveNumber);
  app.add_flag("--json", flags.json, "Print the rounds' steps a second as a line of JSON");
  app.add_option("--batch", flags.batch, "Rows of a step; 0: the recipe's");
  app.add_option("--threads", flags.threads, "0: all cores");
  app.add_option("--epochs", flags.epochs, "Time so many whole epochs, as a line of JSON");
  app.add_option("--target", flags.target, "Accuracy whose first epoch is told with --epochs");
  app.add_flag("--full", flags.full, "Train to the end and print each epoch");
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = Run(flags);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
