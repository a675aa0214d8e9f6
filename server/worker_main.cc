// traind-worker: command line → attach → train → report, one process per attempt, or with
// --share for several small ones; or, with --serve, predictions on one device.

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/dataset_import.h"
#include "server/event_line.h"
#include "server/logging.h"
#include "server/module_inspect.h"
#include "server/rpc/grpc_log.h"
#include "server/torch/device.h"
#include "server/version.h"
#include "server/worker_link/epoch_logger.h"
#include "server/worker_link/share_loop.h"
#include "server/worker_link/stop_signals.h"
#include "server/worker_link/worker_link.h"
#include "server/worker_serving.h"
#include "server/worker_training.h"

namespace {

using traind::Log;
using traind::LogLevel;

// The server publishes the model before it acknowledges the end.
constexpr absl::Duration kFinishTimeout = absl::Minutes(2);

struct Flags {
  std::string socket;
  std::string run;
  int attempt = 0;
  bool list_devices = false;
  std::string import_dataset;
  std::string inspect_module;
  bool allow_modules = false;
  bool share = false;
  bool serve = false;
  std::string device = "cpu";
  std::string precision = "fp32";
  int threads = 1;
  std::string log_format = "text";
  std::string log_level = "info";
};

int FailWorker(const absl::Status& status, std::vector<traind::LogField> fields) {
  fields.emplace_back("code", absl::StatusCodeToString(status.code()));
  fields.emplace_back("error", std::string(status.message()));
  Log(LogLevel::kError, "attempt failed", fields);
  return 1;
}

// False for a level that does not exist.
bool StartWorkerLogging(const Flags& flags) {
  const absl::StatusOr<LogLevel> level = traind::ParseLogLevel(flags.log_level);
  if (!level.ok()) return false;
  std::vector<traind::LogField> fields;
  if (flags.serve) fields = {{"device", flags.device}};
  if (!flags.serve && !flags.share)
    fields = {{"run", flags.run}, {"attempt", absl::StrCat(flags.attempt)}};
  traind::StartLogging({.format = flags.log_format, .level = *level, .fields = fields});
  traind::RedirectGrpcLog([](absl::string_view line) {
    Log(LogLevel::kDebug, "grpc", {{"text", std::string(line)}});
  });
  return true;
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

// A failure is for the server to read: the code's number, a blank, the message.
int RunFolderTask(absl::Status (*task)(const std::string&, const traind::Limits&,
                                       const traind::Clock&),
                  const std::string& folder) {
  if (!DieWithParent()) return 1;
  // Code of users may print as it likes; that is none of the answer.
  const int answer = dup(STDOUT_FILENO);
  dup2(STDERR_FILENO, STDOUT_FILENO);
  const absl::Status status = task(folder, traind::Limits(), traind::RealClock());
  if (status.ok()) return 0;
  const std::string text =
      absl::StrCat(static_cast<int>(status.code()), " ", status.message(), "\n");
  return write(answer, text.data(), text.size()) < 0 ? 2 : 1;
}

using LogFields = std::vector<traind::LogField>;

void LogEnd(const traind::worker::v1::Finished& finished, LogFields fields) {
  const std::string outcome = traind::worker::v1::Outcome_Name(finished.outcome());
  fields.emplace_back("outcome", absl::AsciiStrToLower(absl::StripPrefix(outcome, "OUTCOME_")));
  if (finished.has_error()) fields.emplace_back("error", finished.error().message());
  Log(finished.has_error() ? LogLevel::kError : LogLevel::kInfo, "attempt ended", fields);
}

// Lines about the attempt begin with `fields`.
int RunAttempt(const std::string& socket, const traind::AttemptKey& attempt, std::stop_source stop,
               const LogFields& fields) {
  traind::WorkerLink::Options options;
  options.socket_path = socket;
  options.attempt = attempt;
  options.note = [&fields](absl::string_view text) {
    LogFields note = fields;
    note.emplace_back("text", std::string(text));
    Log(LogLevel::kWarning, "the link to the server is slow", note);
  };
  absl::StatusOr<std::unique_ptr<traind::WorkerLink>> link =
      traind::WorkerLink::Attach(std::move(options), stop);
  if (!link.ok()) return FailWorker(link.status(), fields);
  Log(LogLevel::kInfo, "attempt begins", fields);
  const int epoch_count = (*link)->assignment().recipe().epoch_count();
  traind::EpochLogger reporter(**link, [epoch_count, &fields](const traind::v1::Event& event) {
    if (event.has_epoch_finished()) traind::LogEpoch(event.epoch_finished(), epoch_count, fields);
    if (event.has_message()) traind::LogRunMessage(event.message(), fields);
  });
  const traind::worker::v1::Finished finished =
      traind::RunAssignment((*link)->assignment(), reporter, stop.get_token());
  LogEnd(finished, fields);
  const absl::Status acknowledged = (*link)->Finish(finished, kFinishTimeout);
  return acknowledged.ok() ? 0 : FailWorker(acknowledged, fields);
}

// Takes attempts by orders on stdin until the server closes it.
int ShareProcess(const Flags& flags, const std::stop_token& stop) {
  traind::ShareLoop loop(
      STDIN_FILENO, [&flags](const traind::AttemptKey& attempt, std::stop_source attempt_stop) {
        RunAttempt(flags.socket, attempt, std::move(attempt_stop),
                   {{"run", attempt.run_id}, {"attempt", absl::StrCat(attempt.attempt)}});
      });
  loop.Run(stop);
  return 0;
}

void AddOptions(Flags& flags, CLI::App& app) {
  app.set_version_flag("--version", absl::StrCat("traind-worker ", traind::kVersion));
  auto* list = app.add_flag("--list-devices", flags.list_devices, "Print one device per line");
  app.add_option("--import-dataset", flags.import_dataset,
                 "Make the dataset of the push in this folder instead of training")
      ->type_name("FOLDER")
      ->excludes(list);
  app.add_option("--inspect-module", flags.inspect_module,
                 "Try the module of the push in this folder instead of training")
      ->type_name("FOLDER")
      ->excludes(list);
  app.add_option("--socket", flags.socket, "Unix socket: the server's, or with --serve its own")
      ->excludes(list);
  auto* run = app.add_option("--run", flags.run, "Run, such as s4-17")->excludes(list);
  auto* attempt = app.add_option("--attempt", flags.attempt, "Attempt, from 1")
                      ->check(CLI::PositiveNumber)
                      ->excludes(list);
  auto* share = app.add_flag("--share", flags.share, "Train the small attempts ordered on stdin")
                    ->excludes(list)
                    ->excludes(run)
                    ->excludes(attempt);
  auto* serve = app.add_flag("--serve", flags.serve, "Predict for the server instead of training")
                    ->excludes(list)
                    ->excludes(run)
                    ->excludes(attempt)
                    ->excludes(share);
  app.add_option("--device", flags.device, "Device to predict on: cpu or cuda:N")->needs(serve);
  app.add_flag("--allow-modules", flags.allow_modules, "Run modules, which are code of users")
      ->needs(serve);
  app.add_option("--precision", flags.precision, "Numbers to predict with: fp32 or bf16")
      ->check(CLI::IsMember({"fp32", "bf16"}))
      ->needs(serve);
  app.add_option("--threads", flags.threads, "Threads that predict")
      ->check(CLI::Range(1, 1024))
      ->needs(serve);
  app.add_option("--log-format", flags.log_format, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  app.add_option("--log-level", flags.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
}

bool IsComplete(const Flags& flags) {
  return !flags.socket.empty() &&
         (flags.serve || flags.share || (!flags.run.empty() && flags.attempt != 0));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains one attempt of a run, or predicts; started by traind.", "traind-worker");
  Flags flags;
  AddOptions(flags, app);
  CLI11_PARSE(app, argc, argv);
  if (flags.list_devices) return ListDevices();
  if (!flags.import_dataset.empty()) {
    return RunFolderTask(traind::ImportDataset, flags.import_dataset);
  }
  if (!flags.inspect_module.empty()) {
    // Without destructors: what the module has done to the process matters no more.
    std::_Exit(RunFolderTask(traind::InspectPushedModule, flags.inspect_module));
  }
  if (!IsComplete(flags)) {
    std::cerr << "traind-worker: expected --socket, --run and --attempt, or --socket with --share "
                 "or --serve, or --import-dataset, or --inspect-module, or --list-devices; the "
                 "server starts workers by itself\n";
    return 2;
  }
  if (!DieWithParent()) return 1;
  // The server's own signal: who sends it by a name that fits both ends no training.
  signal(SIGUSR1, SIG_IGN);
  if (!StartWorkerLogging(flags)) return 2;
  // Without destructors: nothing that lies on a failed device may be touched.
  if (flags.serve)
    std::_Exit(traind::ServeVersions(
        {flags.socket, flags.device, flags.precision, flags.threads, flags.allow_modules}));
  std::stop_source stop;
  const traind::StopSignals signals(stop);
  if (flags.share) return ShareProcess(flags, stop.get_token());
  return RunAttempt(flags.socket, {flags.run, flags.attempt}, stop, {});
}
