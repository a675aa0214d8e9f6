// Shared worker processes, with a program that has no tensor library.

#include "server/workers/sharing_launcher.h"

#include <poll.h>
#include <unistd.h>

#include "gmock/gmock.h"
#include "server/workers/child_process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"
#include "tests/workers/recording_handler.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class SharingLauncherTest : public testing::Test {
 protected:
  ~SharingLauncherTest() override {
    if (launcher_ != nullptr) launcher_->Shutdown();
  }

  void Start() {
    absl::StatusOr<std::unique_ptr<SharingLauncher>> launcher = SharingLauncher::Start(
        {.worker_binary = TRAIND_SCRIPTED_SHARING_WORKER,
         .socket_path = "/tmp/w.sock",
         .on_exit = [this](const AttemptKey& attempt,
                           absl::string_view how) { handler_.OnWorkerExited(attempt, how); }},
        limits_);
    ASSERT_OK(launcher);
    launcher_ = *std::move(launcher);
  }

  pid_t Launch(const AttemptKey& attempt) {
    const absl::StatusOr<int64_t> pid = launcher_->Launch(attempt, WorkerKind::kShared);
    EXPECT_OK(pid);
    return static_cast<pid_t>(pid.value_or(0));
  }

  // Waits until the process has ended.
  static void WaitForEnd(pid_t pid) {
    const int process = OpenProcess(pid);
    // Gone already.
    if (process < 0) return;
    pollfd file = {.fd = process, .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&file, 1, absl::ToInt64Milliseconds(RecordingHandler::kWaitMax)), 1);
    close(process);
  }

  // How the attempt has ended; empty while it has not.
  std::string Exit(const AttemptKey& attempt) {
    for (const auto& [key, how] : handler_.exits()) {
      if (key == attempt) return how;
    }
    return "";
  }

  Limits limits_;
  RecordingHandler handler_;
  std::unique_ptr<SharingLauncher> launcher_;
};

TEST_F(SharingLauncherTest, AttemptsShareAProcessOneAfterTheOther) {
  Start();
  const pid_t pid = Launch({"quick-1", 1});
  ASSERT_TRUE(handler_.WaitForExits(1));
  EXPECT_EQ(Launch({"quick-2", 1}), pid);
  ASSERT_TRUE(handler_.WaitForExits(2));
  EXPECT_THAT(handler_.exits(),
              UnorderedElementsAre(Pair(AttemptKey{"quick-1", 1}, "left its shared process"),
                                   Pair(AttemptKey{"quick-2", 1}, "left its shared process")));
}

TEST_F(SharingLauncherTest, AttemptsShareAProcessSideBySideUpToTheBound) {
  limits_.shared_attempts_max = 2;
  Start();
  const pid_t first = Launch({"patient-1", 1});
  EXPECT_EQ(Launch({"patient-2", 1}), first);
  EXPECT_NE(Launch({"patient-3", 1}), first);
}

TEST_F(SharingLauncherTest, AnAttemptIsLaunchedOnce) {
  Start();
  Launch({"patient-1", 1});
  EXPECT_THAT(launcher_->Launch({"patient-1", 1}, WorkerKind::kShared),
              StatusIs(absl::StatusCode::kAlreadyExists, "patient-1/1"));
}

TEST_F(SharingLauncherTest, AStopEndsTheAttemptAndLeavesItsSiblings) {
  Start();
  const pid_t pid = Launch({"patient-1", 1});
  Launch({"patient-2", 1});
  launcher_->RequestStop({"patient-1", 1}, absl::Minutes(10));
  ASSERT_TRUE(handler_.WaitForExits(1));
  EXPECT_EQ(Exit({"patient-1", 1}), "left its shared process");
  EXPECT_EQ(Launch({"patient-3", 1}), pid);
  EXPECT_EQ(Exit({"patient-2", 1}), "");
}

TEST_F(SharingLauncherTest, AKillOfAnAttemptThatObeysLeavesItsSiblings) {
  Start();
  const pid_t pid = Launch({"patient-1", 1});
  Launch({"patient-2", 1});
  launcher_->Kill({"patient-1", 1});
  ASSERT_TRUE(handler_.WaitForExits(1));
  EXPECT_EQ(Launch({"patient-3", 1}), pid);
  EXPECT_EQ(Exit({"patient-2", 1}), "");
}

TEST_F(SharingLauncherTest, OneThatHangsTakesItsSiblingsDown) {
  limits_.shared_kill_grace = absl::Milliseconds(20);
  Start();
  Launch({"hung-1", 1});
  Launch({"patient-2", 1});
  launcher_->Kill({"hung-1", 1});
  ASSERT_TRUE(handler_.WaitForExits(2));
  EXPECT_EQ(Exit({"patient-2", 1}),
            "went with its shared process: killed by signal 9 (SIGKILL), since hung-1/1 did not "
            "leave it");
}

TEST_F(SharingLauncherTest, WhileOneIsBeingStoppedNewOnesGoElsewhere) {
  Start();
  const pid_t pid = Launch({"hung-1", 1});
  launcher_->RequestStop({"hung-1", 1}, absl::Minutes(10));
  EXPECT_NE(Launch({"patient-2", 1}), pid);
}

TEST_F(SharingLauncherTest, ACrashLosesEveryAttemptOfTheProcessAndNoOther) {
  limits_.shared_attempts_max = 2;
  Start();
  Launch({"patient-1", 1});
  Launch({"patient-2", 1});
  Launch({"patient-3", 1});
  Launch({"crash-4", 1});
  ASSERT_TRUE(handler_.WaitForExits(2));
  EXPECT_THAT(Exit({"patient-3", 1}), HasSubstr("killed by signal 6 (SIGABRT)"));
  EXPECT_EQ(Exit({"patient-1", 1}), "");
}

TEST_F(SharingLauncherTest, AfterACrashTheNextAttemptHasANewProcess) {
  Start();
  const pid_t pid = Launch({"crash-1", 1});
  ASSERT_TRUE(handler_.WaitForExits(1));
  EXPECT_NE(Launch({"quick-2", 1}), pid);
  ASSERT_TRUE(handler_.WaitForExits(2));
  EXPECT_EQ(Exit({"quick-2", 1}), "left its shared process");
}

TEST_F(SharingLauncherTest, AProcessWithoutAttemptsIsEndedInTime) {
  limits_.shared_idle_timeout = absl::Milliseconds(1);
  Start();
  const pid_t pid = Launch({"quick-1", 1});
  ASSERT_TRUE(handler_.WaitForExits(1));
  // Told that nothing will come any more, it exits.
  WaitForEnd(pid);
  EXPECT_NE(Launch({"quick-2", 1}), pid);
}

TEST_F(SharingLauncherTest, AProcessTakesABoundedNumberOfAttempts) {
  limits_.shared_attempts_total_max = 1;
  Start();
  const pid_t pid = Launch({"quick-1", 1});
  ASSERT_TRUE(handler_.WaitForExits(1));
  EXPECT_NE(Launch({"quick-2", 1}), pid);
}

TEST_F(SharingLauncherTest, ShutdownTellsTheExitOfEveryAttempt) {
  Start();
  Launch({"patient-1", 1});
  launcher_->Shutdown();
  EXPECT_EQ(handler_.exits().size(), 1u);
  EXPECT_THAT(launcher_->Launch({"patient-2", 1}, WorkerKind::kShared),
              StatusIs(absl::StatusCode::kUnavailable, "shutting down"));
}

}  // namespace
}  // namespace traind
