// The real worker program, started and watched as the server does it.

#include <unistd.h>

#include <csignal>
#include <memory>

#include "absl/time/clock.h"
#include "server/workers/device_probe.h"
#include "server/workers/process_launcher.h"
#include "server/workers/worker_server.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"
#include "tests/workers/recording_handler.h"
#include "tests/workers/tiny_assignment.h"

namespace traind {
namespace {

const AttemptKey kAttempt{"tiny-1", 1};
// More than any test waits for.
constexpr int kEndlessEpochs = 10000;

class WorkerProcessTest : public testing::Test {
 protected:
  void StartAll(int epoch_count) {
    handler_.SetAssignment(MakeTinyAssignment(directory_, epoch_count));
    absl::StatusOr<std::unique_ptr<WorkerServer>> server = WorkerServer::Start(
        {.socket_directory = directory_.Path("workers"), .limits = {}}, handler_);
    ASSERT_OK(server);
    server_ = *std::move(server);
    absl::StatusOr<std::unique_ptr<ProcessLauncher>> launcher = ProcessLauncher::Start(
        {.worker_binary = TRAIND_WORKER_BINARY,
         .socket_path = WorkerServer::SocketPath(directory_.Path("workers")),
         .log_directory = directory_.Path("logs"),
         .send_stop =
             [this](const AttemptKey& attempt, absl::Duration grace) {
               if (send_stops_) server_->RequestStop(attempt, grace);
             },
         .on_exit = [this](const AttemptKey& attempt,
                           absl::string_view how) { handler_.OnWorkerExited(attempt, how); }});
    ASSERT_OK(launcher);
    launcher_ = *std::move(launcher);
  }

  void Launch() {
    absl::StatusOr<int64_t> pid = launcher_->Launch(kAttempt);
    ASSERT_OK(pid);
    pid_ = static_cast<pid_t>(*pid);
  }

  // How the worker has ended; its log when that is not as expected.
  std::string WaitForExit() {
    if (!handler_.WaitForExits(1)) return "no exit in time\n" + WorkerLog();
    return handler_.exits()[0].second;
  }
  std::string WorkerLog() const { return ReadFile(directory_.Path("logs/tiny-1/attempt-1.log")); }

  TempDirectory directory_;
  RecordingHandler handler_{kAttempt};
  bool send_stops_ = true;
  std::unique_ptr<WorkerServer> server_;
  std::unique_ptr<ProcessLauncher> launcher_;
  pid_t pid_ = 0;
};

TEST_F(WorkerProcessTest, TrainsReportsAndExitsWithZero) {
  StartAll(2);
  Launch();
  EXPECT_EQ(WaitForExit(), "exited with code 0") << WorkerLog();
  EXPECT_EQ(handler_.pid(), pid_);
  ASSERT_TRUE(handler_.finished().has_value());
  EXPECT_EQ(handler_.finished()->outcome(), worker::v1::OUTCOME_SUCCEEDED);
  int epochs = 0;
  for (const v1::Event& event : handler_.events()) epochs += event.has_epoch_finished();
  EXPECT_EQ(epochs, 2);
  EXPECT_THAT(WorkerLog(), testing::HasSubstr("epoch finished run=tiny-1 attempt=1 epoch=2/2 "));
}

TEST_F(WorkerProcessTest, AStopMessageEndsTheTraining) {
  StartAll(kEndlessEpochs);
  Launch();
  ASSERT_TRUE(handler_.WaitForEvents(1)) << WorkerLog();
  server_->RequestStop(kAttempt, absl::Seconds(20));
  EXPECT_EQ(WaitForExit(), "exited with code 0") << WorkerLog();
  EXPECT_EQ(handler_.finished()->outcome(), worker::v1::OUTCOME_STOPPED);
}

TEST_F(WorkerProcessTest, SigtermEndsTheTraining) {
  StartAll(kEndlessEpochs);
  send_stops_ = false;
  Launch();
  ASSERT_TRUE(handler_.WaitForEvents(1)) << WorkerLog();
  launcher_->RequestStop(kAttempt, absl::Minutes(10));
  EXPECT_EQ(WaitForExit(), "exited with code 0") << WorkerLog();
  EXPECT_EQ(handler_.finished()->outcome(), worker::v1::OUTCOME_STOPPED);
}

TEST_F(WorkerProcessTest, TheServersOwnSignalDoesNoHarm) {
  StartAll(kEndlessEpochs);
  Launch();
  ASSERT_TRUE(handler_.WaitForEvents(1)) << WorkerLog();
  ASSERT_EQ(kill(pid_, SIGUSR1), 0);
  server_->RequestStop(kAttempt, absl::Seconds(20));
  EXPECT_EQ(WaitForExit(), "exited with code 0") << WorkerLog();
}

TEST_F(WorkerProcessTest, AServerThatGoesAwayEndsTheTrainingWithAnError) {
  StartAll(kEndlessEpochs);
  Launch();
  ASSERT_TRUE(handler_.WaitForEvents(1)) << WorkerLog();
  server_->Shutdown(absl::Now());
  EXPECT_EQ(WaitForExit(), "exited with code 1") << WorkerLog();
}

TEST_F(WorkerProcessTest, AStaleWorkerExitsWithAnErrorAndSaysWhy) {
  StartAll(2);
  handler_.RefuseHello();
  Launch();
  EXPECT_EQ(WaitForExit(), "exited with code 1");
  EXPECT_THAT(WorkerLog(), testing::HasSubstr("tiny-1/1 is stale"));
}

TEST_F(WorkerProcessTest, AKilledWorkerDoesNoHarmToTheService) {
  StartAll(kEndlessEpochs);
  Launch();
  ASSERT_TRUE(handler_.WaitForEvents(1)) << WorkerLog();
  ASSERT_EQ(kill(pid_, SIGKILL), 0);
  EXPECT_EQ(WaitForExit(), "killed by signal 9 (SIGKILL)");
  EXPECT_EQ(handler_.finished(), std::nullopt);
  // The attempt's place is free again.
  Launch();
  EXPECT_TRUE(handler_.WaitForEvents(handler_.events().size() + 1));
}

TEST_F(WorkerProcessTest, ListsTheCpuFirst) {
  const DeviceProbe probe = ProbeDevices(TRAIND_WORKER_BINARY, absl::Seconds(30));
  EXPECT_OK(probe.status);
  EXPECT_EQ(probe.devices[0], "cpu");
}

}  // namespace
}  // namespace traind
