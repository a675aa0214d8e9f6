#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/random_request_id.h"
#include "client/trainctl/recipe_flags.h"
#include "client/trainctl/run_follow.h"
#include "client/trainctl/usage_error.h"

namespace traind {
namespace {

struct StartFlags {
  RecipeFlags recipe;
  std::optional<int> epochs;
  std::optional<int64_t> seed;
  std::string device;
  std::string precision;  // fp32, tf32 or bf16; empty leaves it to the server
  std::string step;
  int threads = 0;
  int priority = 0;
  std::optional<int> max_retries;
  v1::CheckpointPolicy checkpoints;
  bool allow_inexact_resume = false;
  std::string publish;  // always, if-better or manual; empty leaves it to the server
  bool trace = false;
  std::string request_id;
  bool detach = false;
};

void AddOverride(const char* path, int64_t value, v1::StartTrainingRequest& request) {
  v1::Override* change = request.add_overrides();
  change->set_path(path);
  change->set_value(absl::StrCat(value));
}

absl::StatusOr<v1::StartTrainingRequest> MakeStartRequest(const StartFlags& flags) {
  v1::StartTrainingRequest request;
  if (absl::Status status = FillRecipe(flags.recipe, request); !status.ok()) return status;
  if (flags.epochs) AddOverride("epoch_count", *flags.epochs, request);
  if (flags.seed) AddOverride("seed", *flags.seed, request);
  v1::Execution& execution = *request.mutable_execution();
  execution.set_device(flags.device);
  if (flags.precision == "fp32") execution.set_precision(v1::PRECISION_FP32);
  if (flags.precision == "tf32") execution.set_precision(v1::PRECISION_TF32);
  if (flags.precision == "bf16") execution.set_precision(v1::PRECISION_BF16);
  execution.set_step(flags.step);
  execution.set_thread_count(flags.threads);
  execution.set_priority(flags.priority);
  if (flags.max_retries) execution.set_max_retries(*flags.max_retries);
  *execution.mutable_checkpoints() = flags.checkpoints;
  if (flags.publish == "always") execution.set_publish(v1::PUBLISH_POLICY_ALWAYS);
  if (flags.publish == "if-better") execution.set_publish(v1::PUBLISH_POLICY_IF_BETTER);
  if (flags.publish == "manual") execution.set_publish(v1::PUBLISH_POLICY_MANUAL);
  execution.set_trace(flags.trace);
  execution.set_allow_inexact_resume(flags.allow_inexact_resume);
  request.set_request_id(flags.request_id.empty() ? RandomRequestId() : flags.request_id);
  return request;
}

absl::StatusOr<int> Start(const StartFlags& flags, Session& session) {
  const absl::StatusOr<v1::StartTrainingRequest> request = MakeStartRequest(flags);
  if (!request.ok()) return request.status();
  const absl::StatusOr<v1::Run> run = session.client.StartTraining(*request);
  if (absl::IsCancelled(run.status())) {
    return absl::CancelledError(absl::StrCat(
        "interrupted before the server answered; the run may have been accepted: see `trainctl "
        "runs`, or repeat with --request-id ",
        request->request_id()));
  }
  if (!run.ok()) return run.status();
  if (flags.detach) {
    session.out() << (session.json ? JsonDocument(*run) : run->id()) << "\n";
    if (!session.json) {
      session.err() << "started; follow it with `trainctl logs -f " << run->id() << "`\n";
    }
    return kExitOk;
  }
  if (!session.json) {
    session.err() << "started run " << run->id() << " (Ctrl-C detaches, the run goes on)\n";
  }
  return FollowToEnd(session, EventsOf(*run), MakeRunLog(session));
}

void AddExecutionFlags(CLI::App& command, StartFlags& flags) {
  constexpr int kAnyMax = std::numeric_limits<int32_t>::max();
  command.add_option("--device", flags.device, "cpu, cuda, cuda:N or auto")->type_name("DEVICE");
  command
      .add_option("--precision", flags.precision,
                  "Arithmetic of the passes; else the server's choice")
      ->check(CLI::IsMember({"fp32", "tf32", "bf16"}))
      ->type_name("NAME");
  command.add_option("--step", flags.step, "How steps are computed (auto)")
      ->check(CLI::IsMember({"auto", "plain", "fused", "captured", "captured_channels_last"}))
      ->type_name("NAME");
  command.add_option("--publish", flags.publish, "Whether the result becomes a version (always)")
      ->check(CLI::IsMember({"always", "if-better", "manual"}))
      ->type_name("WHEN");
  command
      .add_option("--threads", flags.threads, "Threads of the computation (0: the share of a slot)")
      ->check(CLI::Range(0, kAnyMax))
      ->type_name("N");
  command.add_option("--priority", flags.priority, "Larger runs first")->type_name("N");
  command.add_option("--max-retries", flags.max_retries, "Further tries when a worker is lost (3)")
      ->check(CLI::Range(0, kAnyMax))
      ->type_name("N");
  command.add_flag("--trace", flags.trace,
                   "Keep weights, outputs and gradients of every step, of a small network; see "
                   "`trainctl export`");
}

// A whole number of at least 1 into a field of the policy.
void AddPolicyFlag(CLI::App& command, const char* name, const char* help,
                   std::function<void(int32_t)> set) {
  command.add_option_function<int32_t>(name, std::move(set), help)
      ->check(CLI::Range(1, std::numeric_limits<int32_t>::max()))
      ->type_name("N");
}

void AddCheckpointFlags(CLI::App& command, StartFlags& flags) {
  v1::CheckpointPolicy& policy = flags.checkpoints;
  AddPolicyFlag(command, "--checkpoint-epochs",
                "Checkpoint after every N epochs (each; of quick ones one a second)",
                [&policy](int32_t n) { policy.set_every_epochs(n); });
  AddPolicyFlag(command, "--checkpoint-steps", "Also after every N steps",
                [&policy](int32_t n) { policy.set_every_steps(n); });
  AddPolicyFlag(command, "--checkpoint-seconds", "Also every N seconds",
                [&policy](int32_t n) { policy.set_every_seconds(n); });
  AddPolicyFlag(command, "--keep-best", "Checkpoints to keep of the best (1)",
                [&policy](int32_t n) { policy.set_keep_best(n); });
  AddPolicyFlag(command, "--keep-last", "Checkpoints to keep of the newest (1)",
                [&policy](int32_t n) { policy.set_keep_last(n); });
  command.add_flag("--allow-inexact-resume", flags.allow_inexact_resume,
                   "Go on after a loss even where the bits cannot be kept");
}

}  // namespace

void AddStartCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<StartFlags>();
  CLI::App* command = app.add_subcommand("start", "Start a training and follow it to its end");
  CLI::Option_group* source = command->add_option_group("recipe", "What to train");
  source->add_option("--model", flags->recipe.name, "Recipe on the server, such as s4")
      ->type_name("NAME");
  source->add_option("--recipe", flags->recipe.file, "Recipe on this machine (textproto)")
      ->type_name("FILE");
  source->require_option(1);
  command->add_option("--set", flags->recipe.sets, "Change a field of the recipe")
      ->type_name("PATH=VALUE")
      ->take_all()
      ->expected(1);
  command->add_option("--epochs", flags->epochs, "Passes over the training data")
      ->check(CLI::Range(1, 10000))
      ->type_name("N");
  command->add_option("--seed", flags->seed, "Seed of everything random")->type_name("N");
  AddExecutionFlags(*command, *flags);
  AddCheckpointFlags(*command, *flags);
  command->add_option("--request-id", flags->request_id, "Makes repeating the command harmless")
      ->type_name("ID");
  command->add_flag("-d,--detach", flags->detach, "Print the run's id and return at once");
  command->footer(
      "Example:\n  trainctl start --model s4 --set optimizer.sgd.learning_rate=0.05 --epochs 3");
  command->callback([&action, flags] {
    for (const std::string& set : flags->recipe.sets) RequireUsage(ParseOverride(set).status());
    action = [flags](Session& session) { return Start(*flags, session); };
  });
}

}  // namespace traind
