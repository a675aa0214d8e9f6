// traind: command line → Server::Start → wait for a signal → Shutdown.

#include <signal.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "server/base/mutex_checks.h"
#include "server/logging.h"
#include "server/options.h"
#include "server/server.h"
#include "server/signal_waiter.h"

namespace {

constexpr int kStartFailed = 1;
constexpr int kBadUsage = 2;

int Fail(const absl::Status& status, int exit_code) {
  std::fprintf(stderr, "traind: %s\n", std::string(status.message()).c_str());
  return exit_code;
}

const char* SignalName(int signal) { return signal == SIGINT ? "SIGINT" : "SIGTERM"; }

// Waits for a signal, then shuts down; another signal hurries.
void RunUntilSignal(const traind::SignalWaiter& signals, absl::Duration grace,
                    traind::Server& server) {
  const int signal = signals.Wait();
  traind::Log(traind::LogLevel::kInfo, "shutting down",
              {{"signal", SignalName(signal)}, {"grace", absl::FormatDuration(grace)}});
  std::atomic<bool> stopped = false;
  std::thread second_signal([&] {
    signals.Wait();
    if (stopped) return;
    traind::Log(traind::LogLevel::kWarning, "hurrying: workers are ended by force");
    server.Hurry();
  });
  server.Shutdown(grace);
  stopped = true;
  // Wakes the thread if it still waits.
  pthread_kill(second_signal.native_handle(), SIGTERM);
  second_signal.join();
  traind::Log(traind::LogLevel::kInfo, "stopped");
}

}  // namespace

int main(int argc, char** argv) {
  traind::LeaveOutMutexChecks();
  const absl::StatusOr<traind::CommandLine> line = traind::ParseCommandLine(argc, argv);
  if (!line.ok()) return Fail(line.status(), kBadUsage);
  if (!line->text.empty()) {
    std::fputs(line->text.c_str(), stdout);
    return 0;
  }
  // The options were checked for it.
  const absl::StatusOr<traind::LogLevel> level = traind::ParseLogLevel(line->options.log_level);
  if (!level.ok()) return Fail(level.status(), kBadUsage);
  traind::StartLogging({.format = line->options.log_format, .level = *level});
  signal(SIGPIPE, SIG_IGN);
  const traind::SignalWaiter signals(traind::ToggleDebugLog);
  absl::StatusOr<std::unique_ptr<traind::Server>> server = traind::Server::Start(line->options);
  if (!server.ok()) return Fail(server.status(), kStartFailed);
  RunUntilSignal(signals, line->options.shutdown_grace, **server);
  return 0;
}
