// traind-worker: command line → attach → train → report. One process per attempt.

#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/torch/device.h"
#include "server/worker_link/epoch_logger.h"
#include "server/worker_link/stop_signals.h"
#include "server/worker_link/worker_link.h"
#include "server/worker_training.h"

namespace {

// The server publishes the model before it acknowledges the end.
constexpr absl::Duration kFinishTimeout = absl::Minutes(2);

struct Flags {
  std::string socket;
  std::string run;
  int attempt = 0;
  bool list_devices = false;
};

void Log(absl::string_view line) { spdlog::info("{}", std::string(line)); }

int Fail(const absl::Status& status) {
  spdlog::error("{}", std::string(status.message()));
  return 1;
}

// False when the parent is gone already.
bool DieWithParent() {
  const pid_t parent = getppid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  return getppid() == parent;
}

int ListDevices() {
  for (const std::string& device : traind::ListDevices()) std::cout << device << "\n";
  return 0;
}

int RunAttempt(const Flags& flags, std::stop_source stop) {
  traind::WorkerLink::Options options;
  options.socket_path = flags.socket;
  options.attempt = {flags.run, flags.attempt};
  options.note = Log;
  absl::StatusOr<std::unique_ptr<traind::WorkerLink>> link =
      traind::WorkerLink::Attach(std::move(options), stop);
  if (!link.ok()) return Fail(link.status());
  Log(absl::StrCat("attempt ", flags.attempt, " of run ", flags.run, " begins"));
  traind::EpochLogger reporter(**link, Log);
  const traind::worker::v1::Finished finished =
      traind::RunAssignment((*link)->assignment(), reporter, stop.get_token());
  Log(absl::StrCat(traind::worker::v1::Outcome_Name(finished.outcome()), " ",
                   finished.error().message()));
  const absl::Status acknowledged = (*link)->Finish(finished, kFinishTimeout);
  return acknowledged.ok() ? 0 : Fail(acknowledged);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains one attempt of a run; started by traind.", "traind-worker");
  Flags flags;
  app.set_version_flag("--version", std::string("traind-worker " TRAIND_VERSION));
  auto* list = app.add_flag("--list-devices", flags.list_devices, "Print one device per line");
  app.add_option("--socket", flags.socket, "Unix socket of the server")->excludes(list);
  app.add_option("--run", flags.run, "Run, such as s4-17")->excludes(list);
  app.add_option("--attempt", flags.attempt, "Attempt, from 1")
      ->check(CLI::PositiveNumber)
      ->excludes(list);
  CLI11_PARSE(app, argc, argv);
  if (flags.list_devices) return ListDevices();
  if (flags.socket.empty() || flags.run.empty() || flags.attempt == 0) {
    std::cerr << "traind-worker: expected --socket, --run and --attempt, or --list-devices; "
                 "the server starts workers by itself\n";
    return 2;
  }
  if (!DieWithParent()) return 1;
  spdlog::set_default_logger(spdlog::stderr_color_mt("traind-worker"));
  std::stop_source stop;
  const traind::StopSignals signals(stop);
  return RunAttempt(flags, stop);
}
