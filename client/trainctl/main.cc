#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <stop_token>
#include <thread>

#include "client/trainctl/trainctl.h"

namespace {

int TerminalColumns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

int TerminalRows() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

traind::Terminal DescribeTerminal() {
  traind::Terminal terminal;
  terminal.interactive = isatty(STDOUT_FILENO) == 1;
  const char* no_colour = std::getenv("NO_COLOR");
  terminal.colour = terminal.interactive && (no_colour == nullptr || *no_colour == '\0');
  terminal.columns = TerminalColumns;
  terminal.rows = TerminalRows;
  return terminal;
}

}  // namespace

int main(int argc, char** argv) {
  // Errors are one line of our own; gRPC's log is for those who ask for it.
  setenv("GRPC_VERBOSITY", "NONE", 0);

  // Blocked before any thread exists, so that only the waiting thread gets them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::stop_source stop;
  std::thread([signals, stop]() mutable {
    int signal = 0;
    sigwait(&signals, &signal);
    stop.request_stop();
    sigwait(&signals, &signal);
    _exit(traind::kExitInterrupted);  // the second Ctrl-C does not wait for anything
  }).detach();

  return traind::RunTrainctl(argc, argv,
                             {.out = std::cout,
                              .err = std::cerr,
                              .terminal = DescribeTerminal(),
                              .stop = stop.get_token()});
}
