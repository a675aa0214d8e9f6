#include "server/workers/process_launcher.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/workers/child_process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"
#include "tests/workers/recording_handler.h"

namespace traind {
namespace {

const AttemptKey kAttempt{"s4-1", 1};
// Longer than any test: only a signal ends it.
constexpr char kForever[] = "exec sleep 1000\n";

class ProcessLauncherTest : public testing::Test {
 protected:
  ProcessLauncherTest() { EXPECT_EQ(mkfifo(fifo_.c_str(), 0600), 0); }

  // Starts a launcher whose worker is this shell script. `$FIFO` in it is a pipe
  // that ReadFromWorker reads.
  void StartWith(const std::string& script) {
    WriteFile(worker_, absl::StrCat("#!/bin/sh\nFIFO=", fifo_, "\n", script));
    chmod(worker_.c_str(), 0700);
    absl::StatusOr<std::unique_ptr<ProcessLauncher>> launcher = ProcessLauncher::Start(
        {.worker_binary = worker_,
         .more_arguments = [this] { return more_arguments_; },
         .socket_path = "/tmp/w.sock",
         .nice_increment = 5,
         .log_directory = directory_.Path("runs"),
         .send_stop = [this](const AttemptKey& attempt,
                             absl::Duration grace) { stops_.emplace_back(attempt, grace); },
         .on_final_usage = [this](const WorkerUsage& usage) { final_usage_.push_back(usage); },
         .on_exit =
             [this](const AttemptKey& attempt, absl::string_view how) {
               if (std::optional<AttemptKey> next = std::exchange(launch_on_exit_, std::nullopt)) {
                 EXPECT_THAT(launcher_->Launch(*next), IsOk());
               }
               handler_.OnWorkerExited(attempt, how);
             }});
    ASSERT_OK(launcher);
    launcher_ = *std::move(launcher);
  }

  // One line that the worker writes to its FIFO.
  std::string ReadFromWorker() {
    std::ifstream fifo(fifo_);
    std::string line;
    std::getline(fifo, line);
    return line;
  }

  // How the only worker has ended.
  std::string WaitForExit() {
    if (!handler_.WaitForExits(1)) return "no exit in time";
    return handler_.exits()[0].second;
  }

  TempDirectory directory_;
  const std::string worker_ = directory_.Path("traind-worker");
  const std::string fifo_ = directory_.Path("fifo");
  std::vector<std::string> more_arguments_;
  std::vector<std::pair<AttemptKey, absl::Duration>> stops_;
  std::vector<WorkerUsage> final_usage_;
  RecordingHandler handler_;
  std::optional<AttemptKey> launch_on_exit_;
  std::unique_ptr<ProcessLauncher> launcher_;
};

TEST_F(ProcessLauncherTest, PassesMoreArgumentsAsTheyAreAtTheLaunch) {
  StartWith("echo \"$7 $8\" > $FIFO\n");
  more_arguments_ = {"--log-level", "debug"};
  ASSERT_OK(launcher_->Launch({"s4-17", 3}));
  EXPECT_EQ(ReadFromWorker(), "--log-level debug");
}

TEST_F(ProcessLauncherTest, PassesSocketRunAndAttempt) {
  StartWith("echo \"$@\" > $FIFO\n");
  ASSERT_OK(launcher_->Launch({"s4-17", 3}));
  EXPECT_EQ(ReadFromWorker(), "--socket /tmp/w.sock --run s4-17 --attempt 3");
}

TEST_F(ProcessLauncherTest, ReturnsTheProcessId) {
  StartWith("echo $$ > $FIFO\n");
  absl::StatusOr<int64_t> pid = launcher_->Launch(kAttempt);
  ASSERT_OK(pid);
  EXPECT_EQ(ReadFromWorker(), absl::StrCat(*pid));
}

TEST_F(ProcessLauncherTest, TellsTheExitCode) {
  StartWith("exit 3\n");
  ASSERT_OK(launcher_->Launch(kAttempt));
  EXPECT_EQ(WaitForExit(), "exited with code 3");
  EXPECT_EQ(handler_.exits()[0].first, kAttempt);
}

TEST_F(ProcessLauncherTest, TellsTheSignal) {
  StartWith("kill -SEGV $$\n");
  ASSERT_OK(launcher_->Launch(kAttempt));
  EXPECT_THAT(WaitForExit(), testing::StartsWith("killed by signal 11 (SIGSEGV)"));
}

TEST_F(ProcessLauncherTest, TellsWhatALivingWorkerHasInMemory) {
  StartWith(
      "held=$(head -c 4000000 /dev/zero | tr '\\0' x)\n"
      "echo ready > $FIFO\nwhile :; do sleep 1000; done\n");
  ASSERT_OK(launcher_->Launch(kAttempt));
  ASSERT_EQ(ReadFromWorker(), "ready");
  const std::vector<WorkerUsage> usage = launcher_->Usage();
  ASSERT_EQ(usage.size(), 1u);
  EXPECT_EQ(usage[0].attempt, kAttempt);
  EXPECT_GT(usage[0].resident_bytes, 4'000'000);
  launcher_->Shutdown();
  EXPECT_THAT(launcher_->Usage(), testing::IsEmpty());
}

// By getrusage(2), as the kernel adds them up for this process.
absl::Duration CpuTimeOfEndedChildren() {
  rusage used = {};
  getrusage(RUSAGE_CHILDREN, &used);
  return absl::DurationFromTimeval(used.ru_utime) + absl::DurationFromTimeval(used.ru_stime);
}

TEST_F(ProcessLauncherTest, TellsBeforeTheExitHowMuchCpuTimeTheWorkerHasUsed) {
  const absl::Duration before = CpuTimeOfEndedChildren();
  StartWith("i=0\nwhile [ $i -lt 20000 ]; do i=$((i+1)); done\n");
  ASSERT_OK(launcher_->Launch(kAttempt));
  ASSERT_EQ(WaitForExit(), "exited with code 0");
  launcher_->Shutdown();
  ASSERT_EQ(final_usage_.size(), 1u);
  EXPECT_EQ(final_usage_[0].attempt, kAttempt);
  EXPECT_EQ(final_usage_[0].resident_bytes, 0);
  EXPECT_GT(final_usage_[0].cpu_time, absl::ZeroDuration());
  EXPECT_NEAR(absl::ToDoubleSeconds(final_usage_[0].cpu_time),
              absl::ToDoubleSeconds(CpuTimeOfEndedChildren() - before), 1e-4);
}

TEST_F(ProcessLauncherTest, TellsEachExitOnce) {
  StartWith("exit 0\n");
  for (int attempt = 1; attempt <= 5; ++attempt) ASSERT_OK(launcher_->Launch({"s4-1", attempt}));
  ASSERT_TRUE(handler_.WaitForExits(5));
  launcher_->Shutdown();
  EXPECT_EQ(handler_.exits().size(), 5u);
}

TEST_F(ProcessLauncherTest, AnExitListenerMayLaunchTheNextAttempt) {
  launch_on_exit_ = AttemptKey{"s4-1", 2};
  StartWith("exit 0\n");
  ASSERT_OK(launcher_->Launch(kAttempt));
  EXPECT_TRUE(handler_.WaitForExits(2));
}

TEST_F(ProcessLauncherTest, AMissingBinaryIsAnErrorAndNoExit) {
  StartWith("exit 0\n");
  unlink(worker_.c_str());
  EXPECT_THAT(launcher_->Launch(kAttempt),
              StatusIs(absl::StatusCode::kNotFound,
                       absl::StrCat("cannot run ", worker_, ": No such file or directory")));
  launcher_->Shutdown();
  EXPECT_THAT(handler_.exits(), testing::IsEmpty());
}

TEST_F(ProcessLauncherTest, ABinaryThatMayNotBeRunIsAnError) {
  StartWith("exit 0\n");
  chmod(worker_.c_str(), 0600);
  EXPECT_THAT(launcher_->Launch(kAttempt),
              StatusIs(absl::StatusCode::kPermissionDenied, "Permission denied"));
}

TEST_F(ProcessLauncherTest, ABinaryOfAnUnknownFormatIsAnError) {
  StartWith("exit 0\n");
  WriteFile(worker_, std::string("\x01\x02\x03", 3));
  EXPECT_THAT(launcher_->Launch(kAttempt),
              StatusIs(absl::StatusCode::kInternal, "Exec format error"));
}

TEST_F(ProcessLauncherTest, AnAttemptHasOneWorker) {
  StartWith(kForever);
  ASSERT_OK(launcher_->Launch(kAttempt));
  EXPECT_THAT(launcher_->Launch(kAttempt),
              StatusIs(absl::StatusCode::kAlreadyExists, "attempt s4-1/1"));
}

TEST_F(ProcessLauncherTest, AStopIsSentToTheStreamAndAsSigterm) {
  StartWith("trap 'exit 7' TERM\necho ready > $FIFO\nwhile :; do sleep 1000 & wait; done\n");
  ASSERT_OK(launcher_->Launch(kAttempt));
  ASSERT_EQ(ReadFromWorker(), "ready");
  launcher_->RequestStop(kAttempt, absl::Minutes(10));
  EXPECT_EQ(WaitForExit(), "exited with code 7");
  EXPECT_THAT(stops_, testing::ElementsAre(std::make_pair(kAttempt, absl::Minutes(10))));
}

TEST_F(ProcessLauncherTest, AWorkerThatIgnoresTheStopIsKilledAfterItsGrace) {
  StartWith("trap '' TERM\necho ready > $FIFO\nwhile :; do sleep 1000; done\n");
  ASSERT_OK(launcher_->Launch(kAttempt));
  ASSERT_EQ(ReadFromWorker(), "ready");
  launcher_->RequestStop(kAttempt, absl::Milliseconds(50));
  EXPECT_EQ(WaitForExit(), "killed by signal 9 (SIGKILL) after it had not stopped within 50ms");
}

TEST_F(ProcessLauncherTest, ALaterStopDoesNotLengthenTheGrace) {
  StartWith("trap '' TERM\necho ready > $FIFO\nwhile :; do sleep 1000; done\n");
  ASSERT_OK(launcher_->Launch(kAttempt));
  ASSERT_EQ(ReadFromWorker(), "ready");
  launcher_->RequestStop(kAttempt, absl::Milliseconds(50));
  launcher_->RequestStop(kAttempt, absl::Hours(1));
  EXPECT_THAT(WaitForExit(), testing::HasSubstr("within 50ms"));
}

TEST_F(ProcessLauncherTest, KillEndsAWorkerAtOnce) {
  StartWith("trap '' TERM\necho ready > $FIFO\nwhile :; do sleep 1000; done\n");
  ASSERT_OK(launcher_->Launch(kAttempt));
  ASSERT_EQ(ReadFromWorker(), "ready");
  launcher_->Kill(kAttempt);
  EXPECT_EQ(WaitForExit(), "killed by signal 9 (SIGKILL)");
}

TEST_F(ProcessLauncherTest, StopAndKillOfAnUnknownAttemptDoNothing) {
  StartWith("exit 0\n");
  launcher_->RequestStop({"s4-9", 1}, absl::ZeroDuration());
  launcher_->Kill({"s4-9", 1});
  ASSERT_OK(launcher_->Launch(kAttempt));
  EXPECT_EQ(WaitForExit(), "exited with code 0");
}

TEST_F(ProcessLauncherTest, ShutdownKillsAndTellsEveryWorker) {
  StartWith(kForever);
  ASSERT_OK(launcher_->Launch({"s4-1", 1}));
  ASSERT_OK(launcher_->Launch({"s4-2", 1}));
  launcher_->Shutdown();
  EXPECT_EQ(handler_.exits().size(), 2u);
  EXPECT_THAT(launcher_->Launch({"s4-3", 1}),
              StatusIs(absl::StatusCode::kUnavailable, "shutting down"));
}

TEST_F(ProcessLauncherTest, WhatTheWorkerPrintsGoesToTheAttemptsLog) {
  StartWith("echo to stdout\necho to stderr >&2\n");
  ASSERT_OK(launcher_->Launch(kAttempt));
  ASSERT_EQ(WaitForExit(), "exited with code 0");
  EXPECT_EQ(ReadFile(directory_.Path("runs/s4-1/attempt-1.log")), "to stdout\nto stderr\n");
}

TEST_F(ProcessLauncherTest, AWorkerWhoseLogCannotBeWrittenPrintsWhereTheServerDoes) {
  WriteFile(directory_.Path("runs"), "a file where the folder of logs should be");
  StartWith("echo to stderr >&2\nreadlink /proc/self/fd/2 > $FIFO\n");
  ASSERT_OK(launcher_->Launch(kAttempt));
  EXPECT_EQ(ReadFromWorker(), std::filesystem::read_symlink("/proc/self/fd/2").string());
  EXPECT_EQ(WaitForExit(), "exited with code 0");
}

TEST_F(ProcessLauncherTest, AWorkerIsNicerReadsNothingAndInheritsNoFiles) {
  StartWith("(nice; cat; ls /proc/self/fd | wc -l) | tr '\\n' ' ' > $FIFO\n");
  const int leaked = open("/dev/zero", O_RDONLY);  // not close-on-exec
  ASSERT_GE(leaked, 0);
  ASSERT_OK(launcher_->Launch(kAttempt));
  // stdin, stdout, stderr and the directory that ls itself has open.
  const int niceness = std::min(19, getpriority(PRIO_PROCESS, 0) + 5);
  EXPECT_EQ(ReadFromWorker(), absl::StrCat(niceness, " 4 "));
  close(leaked);
}

TEST_F(ProcessLauncherTest, TheKernelEndsAWorkerFirstWhenMemoryRunsOut) {
  StartWith("cat /proc/self/oom_score_adj > $FIFO\n");
  ASSERT_OK(launcher_->Launch(kAttempt));
  EXPECT_EQ(ReadFromWorker(), "500");
}

TEST_F(ProcessLauncherTest, AWorkerDiesWithAServerThatIsKilled) {
  const pid_t server = fork();
  ASSERT_GE(server, 0);
  if (server == 0) {
    StartWith(absl::StrCat("echo $$ > $FIFO\n", kForever));
    launcher_->Launch(kAttempt).IgnoreError();
    while (true) pause();
  }
  const pid_t worker = std::stoi(ReadFromWorker());
  const int worker_fd = OpenProcess(worker);
  ASSERT_GE(worker_fd, 0);
  ASSERT_EQ(kill(server, SIGKILL), 0);
  ASSERT_EQ(waitpid(server, nullptr, 0), server);
  pollfd ended = {.fd = worker_fd, .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&ended, 1, 20'000), 1) << "the worker outlived its server";
  close(worker_fd);
}

}  // namespace
}  // namespace traind
