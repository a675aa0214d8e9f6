#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>

#include "tests/client/fake_traind.h"
#include "tests/client/run_events.h"

// The program itself: signals and pipes, which RunTrainctl leaves to main.
namespace traind {
namespace {

using ::testing::HasSubstr;

class TrainctlProcessTest : public testing::Test {
 protected:
  TrainctlProcessTest() {
    server_.run.set_id("s4-1");
    server_.run.set_state(v1::RUN_STATE_RUNNING);
  }

  // Starts `trainctl start --model s4` with both outputs in a pipe.
  void Spawn() {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    std::string address = server_.address();
    const char* argv[] = {TRAINCTL_PATH, "start",         "--model", "s4",
                          "--server",    address.c_str(), nullptr};
    pid_t pid = 0;
    ASSERT_EQ(
        posix_spawn(&pid, TRAINCTL_PATH, &actions, nullptr, const_cast<char**>(argv), environ), 0);
    pid_ = pid;
    pid_.notify_all();
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    output_end_ = ends[0];
  }

  // Reads the output to its end and returns the exit code.
  int Join() {
    char block[4096];
    ssize_t count = 0;
    while ((count = read(output_end_, block, sizeof(block))) > 0) output_.append(block, count);
    close(output_end_);
    int status = 0;
    waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  // From a server thread, which may run before Spawn has stored the id.
  void Signal(int number) {
    pid_.wait(0);
    kill(pid_, number);
  }

  FakeTraind server_;
  std::atomic<pid_t> pid_ = 0;
  int output_end_ = -1;
  std::string output_;
};

TEST_F(TrainctlProcessTest, SuccessfulRunExitsWithZero) {
  server_.streams = {
      {.responses = {Response(
           {EpochEvent(1, FinishedEpoch(1, 0.5f, 938, 20, 0.0772, 9779)), SucceededEvent(2)})}}};
  Spawn();
  EXPECT_EQ(Join(), 0) << output_;
  EXPECT_THAT(output_, HasSubstr("938/938 [00:20<00:00, 46.90it/s]\n\nTest set: "));
}

TEST_F(TrainctlProcessTest, InterruptDetaches) {
  server_.streams = {{.responses = {Response({MessageEvent(1, "hello")})},
                      .hang = true,
                      .written = [this] { Signal(SIGINT); }}};
  Spawn();
  EXPECT_EQ(Join(), 130);
  EXPECT_THAT(output_, HasSubstr("detached: run s4-1 goes on"));
  EXPECT_TRUE(server_.cancels.empty());
}

TEST_F(TrainctlProcessTest, TerminationDetachesToo) {
  server_.streams = {{.responses = {Response({MessageEvent(1, "hello")})},
                      .hang = true,
                      .written = [this] { Signal(SIGTERM); }}};
  Spawn();
  EXPECT_EQ(Join(), 130);
}

}  // namespace
}  // namespace traind
