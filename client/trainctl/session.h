#ifndef TRAIND_CLIENT_TRAINCTL_SESSION_H_
#define TRAIND_CLIENT_TRAINCTL_SESSION_H_

#include <functional>
#include <ostream>
#include <stop_token>

#include "absl/status/statusor.h"
#include "client/traind_client.h"
#include "client/waiter.h"

namespace traind {

// Exit codes of trainctl.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitInterrupted = 130;  // 128 + SIGINT, as shells have it

// What standard output is connected to.
struct Terminal {
  // True for a terminal: logs are redrawn in place.
  bool interactive = false;
  // True when greys may be drawn with escape sequences.
  bool colour = false;
  // Width in columns, asked again at each redraw.
  std::function<int()> columns = [] { return 80; };
  // Height in lines.
  std::function<int()> rows = [] { return 24; };
};

// The world around a command; tests give their own.
struct Environment {
  std::ostream& out;
  std::ostream& err;
  Terminal terminal;
  // Ctrl-C.
  std::stop_token stop;
  // Not owned; null is the machine's clock.
  Waiter* waiter = nullptr;
};

// What a command works with. Used by one thread.
struct Session {
  Client& client;
  // Print JSON instead of text.
  bool json = false;
  Environment& environment;

  std::ostream& out() const { return environment.out; }
  std::ostream& err() const { return environment.err; }
  absl::Time now() const {
    return (environment.waiter != nullptr ? *environment.waiter : SystemWaiter()).Now();
  }
};

// A parsed command, ready to run; returns the exit code.
using Action = std::function<absl::StatusOr<int>(Session&)>;

}  // namespace traind

#endif  // TRAIND_CLIENT_TRAINCTL_SESSION_H_
