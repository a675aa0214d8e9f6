#ifndef TRAIND_TESTS_CLIENT_TRAINCTL_RUNNER_H_
#define TRAIND_TESTS_CLIENT_TRAINCTL_RUNNER_H_

#include <filesystem>
#include <string>
#include <vector>

#include "client/trainctl/session.h"
#include "tests/client/fake_traind.h"
#include "tests/client/run_events.h"

namespace traind {

// Runs whole trainctl commands against a fake server, in the time zone UTC. Used by
// one thread.
class TrainctlRunner {
 public:
  TrainctlRunner();

  // Runs `trainctl ARGUMENTS` and returns the exit code; the output is in out and err.
  int Run(const std::vector<std::string>& arguments);

  // Fills run s4-1 in a state, and a stream that ends with the same.
  void PlanRun(v1::RunState end);

  FakeTraind server;
  FakeWaiter waiter;
  Terminal terminal;
  std::stop_source stop;  // Ctrl-C
  std::string out;
  std::string err;
};

// Writes a file that a command is to read, and returns its path.
std::string WriteTestFile(const std::string& name, const std::string& content);
// Where a command may write: no file is there.
std::string FreshPath(const std::string& name);
// All bytes of a file.
std::string FileContent(const std::string& path);

}  // namespace traind

#endif  // TRAIND_TESTS_CLIENT_TRAINCTL_RUNNER_H_
