#include <limits>
#include <memory>

#include "client/trainctl/commands.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/run_follow.h"

// `logs` and `wait`.
namespace traind {
namespace {

struct LogsFlags {
  std::string run_id;
  bool follow = false;
  int64_t after_sequence = 0;
};

absl::StatusOr<int> Logs(const LogsFlags& flags, Session& session) {
  // Asked first: an unknown run or an absent server is said at once, not after
  // the patience that a lost stream deserves.
  const absl::StatusOr<v1::Run> run = session.client.GetRun(flags.run_id);
  if (!run.ok()) return run.status();
  std::unique_ptr<RunListener> log = MakeRunLog(session);
  if (flags.follow) {
    return FollowToEnd(session, flags.run_id, flags.after_sequence, std::move(log));
  }
  const absl::Status status =
      session.client.ReadEvents(flags.run_id, flags.after_sequence, *log, session.environment.stop);
  log.reset();
  if (!status.ok()) return status;
  return kExitOk;
}

class SilentListener final : public RunListener {
 public:
  void OnEvent(const v1::Event& event) override {}
};

absl::StatusOr<int> Wait(const std::string& run_id, Session& session) {
  const absl::StatusOr<v1::Run> run = session.client.GetRun(run_id);
  if (!run.ok()) return run.status();
  const absl::StatusOr<int> code =
      FollowToEnd(session, run_id, run->last_sequence() > 0 ? run->last_sequence() - 1 : 0,
                  std::make_unique<SilentListener>());
  if (!code.ok() || *code == kExitInterrupted || !session.json) return code;
  const absl::StatusOr<v1::Run> ended = session.client.GetRun(run_id);
  if (!ended.ok()) return ended.status();
  session.out() << JsonDocument(*ended) << "\n";
  return code;
}

}  // namespace

void AddLogsCommand(CLI::App& app, Action& action) {
  auto flags = std::make_shared<LogsFlags>();
  CLI::App* command = app.add_subcommand("logs", "Print the training log of a run");
  command->add_option("run", flags->run_id, "Run, such as s4-17")->required()->type_name("RUN");
  command->add_flag("-f,--follow", flags->follow,
                    "Go on to the run's end; the exit code is 0 only if it succeeded");
  command->add_option("--after", flags->after_sequence, "Only events after this sequence")
      ->check(CLI::Range(int64_t{0}, std::numeric_limits<int64_t>::max()))
      ->type_name("N");
  command->callback(
      [&action, flags] { action = [flags](Session& session) { return Logs(*flags, session); }; });
}

void AddWaitCommand(CLI::App& app, Action& action) {
  auto run_id = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "wait", "Wait for the end of a run; the exit code is 0 only if it succeeded");
  command->add_option("run", *run_id, "Run, such as s4-17")->required()->type_name("RUN");
  command->callback([&action, run_id] {
    action = [run_id](Session& session) { return Wait(*run_id, session); };
  });
}

}  // namespace traind
