#include <memory>
#include <string>

#include "client/trainctl/commands.h"
#include "client/trainctl/run_answer.h"
#include "client/trainctl/run_follow.h"

// `pause` and `resume`.
namespace traind {
namespace {

absl::StatusOr<int> Pause(const std::string& run_id, Session& session) {
  const absl::StatusOr<v1::Run> run = session.client.PauseRun(run_id);
  if (!run.ok()) return run.status();
  PrintRunState(*run, session);
  return kExitOk;
}

absl::StatusOr<int> Resume(const std::string& run_id, bool follow, Session& session) {
  const absl::StatusOr<v1::Run> run = session.client.ResumeRun(run_id);
  if (!run.ok()) return run.status();
  if (!follow) {
    PrintRunState(*run, session);
    return kExitOk;
  }
  if (!session.json) {
    session.err() << "resumed run " << run->id() << " (Ctrl-C detaches, the run goes on)\n";
  }
  // What was before is known; the log goes on from here.
  v1::StreamMetricsRequest request;
  request.set_run_id(run->id());
  request.set_after_sequence(run->last_sequence());
  return FollowToEnd(session, std::move(request), MakeRunLog(session));
}

}  // namespace

void AddPauseCommand(CLI::App& app, Action& action) {
  auto run_id = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "pause", "Let a run write a checkpoint and give up its slot, until it is resumed");
  command->add_option("run", *run_id, "Run, such as s4-17")->required()->type_name("RUN");
  command->footer("Example:\n  trainctl pause s4-17");
  command->callback([&action, run_id] {
    action = [run_id](Session& session) { return Pause(*run_id, session); };
  });
}

void AddResumeCommand(CLI::App& app, Action& action) {
  struct Flags {
    std::string run_id;
    bool follow = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command =
      app.add_subcommand("resume", "Let a paused run go on from its checkpoint, bit for bit");
  command->add_option("run", flags->run_id, "Run, such as s4-17")->required()->type_name("RUN");
  command->add_flag("-f,--follow", flags->follow,
                    "Follow its log from here to its end; the exit code is 0 only if it succeeded");
  command->footer("Example:\n  trainctl resume s4-17 -f");
  command->callback([&action, flags] {
    action = [flags](Session& session) { return Resume(flags->run_id, flags->follow, session); };
  });
}

}  // namespace traind
