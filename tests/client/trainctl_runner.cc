#include "tests/client/trainctl_runner.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "client/trainctl/trainctl.h"

namespace traind {
namespace {

// Tables and lines have local time. Before main, since no other thread may read
// the environment while it changes.
[[maybe_unused]] const int kTimeZoneSet = setenv("TZ", "UTC", 1);

}  // namespace

TrainctlRunner::TrainctlRunner() {
  server.run.set_id("s4-1");
  server.run.mutable_recipe()->set_name("s4");
}

int TrainctlRunner::Run(const std::vector<std::string>& arguments) {
  std::vector<const char*> argv = {"trainctl"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  const std::string address = server.address();
  argv.push_back("--server");
  argv.push_back(address.c_str());
  std::ostringstream out_stream;
  std::ostringstream err_stream;
  const int code = RunTrainctl(static_cast<int>(argv.size()), argv.data(),
                               {.out = out_stream,
                                .err = err_stream,
                                .terminal = terminal,
                                .stop = stop.get_token(),
                                .waiter = &waiter});
  out = out_stream.str();
  err = err_stream.str();
  return code;
}

void TrainctlRunner::PlanRun(v1::RunState end) {
  server.run.set_state(end);
  server.run.set_last_sequence(2);
  server.streams.push_back(
      {.responses = {Response({EpochEvent(1, FinishedEpoch(1, 0.5f, 938, 20, 0.0772, 9779))}),
                     Response({StateEvent(2, v1::RUN_STATE_RUNNING, end)})}});
}

std::string WriteTestFile(const std::string& name, const std::string& content) {
  // Test processes run side by side and must not share files.
  const std::string path =
      std::filesystem::path(testing::TempDir()) / (std::to_string(getpid()) + "-" + name);
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

std::string FreshPath(const std::string& name) {
  const std::string path = WriteTestFile(name, "");
  std::filesystem::remove(path);
  return path;
}

std::string FileContent(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

}  // namespace traind
