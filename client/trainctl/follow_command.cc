#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/trainctl/commands.h"
#include "client/trainctl/event_kinds.h"
#include "client/trainctl/event_text.h"
#include "client/trainctl/json_text.h"
#include "client/trainctl/plain_log.h"
#include "client/trainctl/run_follow.h"
#include "client/trainctl/time_flags.h"
#include "client/trainctl/usage_error.h"

// `logs` and `wait`.
namespace traind {
namespace {

struct LogsFlags {
  std::string run_id;
  bool follow = false;
  std::optional<int64_t> after_sequence;
  std::optional<int64_t> tail;
  std::string since;
  std::vector<std::string> kinds;
};

// Each event on a line of its own, whatever its kind.
class EventLines final : public RunListener {
 public:
  EventLines(std::ostream& out, std::ostream& notes) : out_(out), notes_(notes) {}

  void OnEvent(const v1::Event& event) override {
    lost_ = false;
    out_ << EventLine(event) << std::endl;
  }
  void OnReconnect(const absl::Status& reason, absl::Duration delay) override {
    if (!lost_) notes_ << kLostNote << std::endl;
    lost_ = true;
  }

 private:
  std::ostream& out_;
  std::ostream& notes_;
  bool lost_ = false;  // an outage is told once
};

// The log of epochs has no place for most kinds: who asks for kinds gets lines.
std::unique_ptr<RunListener> MakeLog(const LogsFlags& flags, Session& session) {
  if (flags.kinds.empty() || session.json) return OnlyKinds(flags.kinds, MakeRunLog(session));
  return OnlyKinds(flags.kinds, std::make_unique<EventLines>(session.out(), session.err()));
}

absl::StatusOr<v1::StreamMetricsRequest> MakeStreamRequest(const LogsFlags& flags,
                                                           const v1::Run& run, absl::Time now) {
  v1::StreamMetricsRequest request = EventsOf(run);
  if (flags.after_sequence) request.set_after_sequence(*flags.after_sequence);
  if (flags.tail) {
    request.set_after_sequence(
        std::max(request.after_sequence(), run.last_sequence() - *flags.tail));
  }
  if (!flags.since.empty()) {
    const absl::StatusOr<absl::Time> since = ReadMoment("--since", flags.since, now);
    if (!since.ok()) return since.status();
    *request.mutable_since_time() = ToProto(*since);
  }
  SetKinds(flags.kinds, request);
  return request;
}

absl::StatusOr<int> Logs(const LogsFlags& flags, Session& session) {
  // Asked first: an unknown run or an absent server is said at once, not after
  // the patience that a lost stream deserves.
  const absl::StatusOr<v1::Run> run = session.client.GetRun(flags.run_id);
  if (!run.ok()) return run.status();
  const absl::StatusOr<v1::StreamMetricsRequest> request =
      MakeStreamRequest(flags, *run, session.now());
  if (!request.ok()) return request.status();
  std::unique_ptr<RunListener> log = MakeLog(flags, session);
  if (flags.follow) return FollowToEnd(session, *request, std::move(log));
  const absl::Status status = session.client.ReadEvents(*request, *log, session.environment.stop);
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
  v1::StreamMetricsRequest request = EventsOf(*run);
  request.set_after_sequence(std::max(request.after_sequence(), run->last_sequence() - 1));
  const absl::StatusOr<int> code =
      FollowToEnd(session, std::move(request), std::make_unique<SilentListener>());
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
  constexpr int64_t kSequenceMax = std::numeric_limits<int64_t>::max();
  CLI::Option* after =
      command->add_option("--after", flags->after_sequence, "Only events after this sequence")
          ->check(CLI::Range(int64_t{0}, kSequenceMax))
          ->type_name("N");
  command->add_option("--tail", flags->tail, "Only the last N events, of whatever kind")
      ->check(CLI::Range(int64_t{0}, kSequenceMax))
      ->type_name("N")
      ->excludes(after);
  command
      ->add_option("--since", flags->since,
                   "Only events from this time on: 10m or 2h ago, or 2024-03-01T14:05:09Z")
      ->type_name("TIME");
  AddKindsFlag(*command, flags->kinds, "Only events of these kinds, one a line");
  command->footer("Example:\n  trainctl logs s4-17 -f --since 10m");
  command->callback([&action, flags] {
    if (!flags->since.empty()) {
      RequireUsage(ReadMoment("--since", flags->since, absl::UnixEpoch()).status());
    }
    action = [flags](Session& session) { return Logs(*flags, session); };
  });
}

void AddWaitCommand(CLI::App& app, Action& action) {
  auto run_id = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "wait", "Wait for the end of a run; the exit code is 0 only if it succeeded");
  command->add_option("run", *run_id, "Run, such as s4-17")->required()->type_name("RUN");
  command->footer(
      "Example:\n  trainctl wait s4-17 && trainctl predict --model s4 --dataset mnist:test --index "
      "0..9");
  command->callback([&action, run_id] {
    action = [run_id](Session& session) { return Wait(*run_id, session); };
  });
}

}  // namespace traind
