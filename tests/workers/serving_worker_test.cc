// The supervision of serving workers, with a program that has no tensor library.

#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/workers/child_process.h"
#include "server/workers/remote_executor_loader.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"
#include "tests/workers/scripted_executors.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class ServingWorkerTest : public testing::Test {
 protected:
  ServingWorkerTest() {
    limits_.serving_restart_delay_min = absl::Milliseconds(1);
    options_.worker_binary = TRAIND_SCRIPTED_SERVING_WORKER;
    options_.socket_directory = directory_.path();
    options_.device = "cpu";
    options_.thread_count = 2;
    options_.on_lost = [this](const std::string& model, int64_t version, absl::string_view reason) {
      absl::MutexLock lock(&mutex_);
      lost_.push_back(absl::StrCat(model, "@", version));
      reason_ = std::string(reason);
    };
    options_.on_start = [this](int64_t pid) {
      absl::MutexLock lock(&mutex_);
      pids_.push_back(static_cast<pid_t>(pid));
    };
    options_.on_end = [this](int64_t pid, absl::string_view how) {
      absl::MutexLock lock(&mutex_);
      ends_.push_back(std::string(how));
    };
  }

  void Start() {
    options_.limits = limits_;
    loader_ = std::make_unique<RemoteExecutorLoader>(options_);
  }
  absl::StatusOr<std::unique_ptr<Executor>> Load(const std::string& model, int64_t number = 1) {
    return loader_->Load(ScriptedVersion(model, number), "/models/x");
  }
  std::unique_ptr<Executor> MustLoad(const std::string& model, int64_t number = 1) {
    auto executor = Load(model, number);
    EXPECT_OK(executor);
    return executor.ok() ? *std::move(executor) : nullptr;
  }
  static absl::Status Run(Executor& executor) { return executor.Run({Row(1, 2)}, 1).status(); }

  pid_t pid() {
    absl::MutexLock lock(&mutex_);
    return pids_.back();
  }
  std::vector<pid_t> pids() {
    absl::MutexLock lock(&mutex_);
    return pids_;
  }
  // Waits for so many processes to have ended, and tells how.
  std::vector<std::string> WaitForEnds(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]()
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return ends_.size() >= count; };
    mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30));
    return ends_;
  }
  // Waits for so many versions to be told, and tells which.
  std::vector<std::string> WaitForLost(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]()
                            ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return lost_.size() >= count; };
    mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30));
    return lost_;
  }
  std::string reason() {
    absl::MutexLock lock(&mutex_);
    return reason_;
  }

  TempDirectory directory_;
  Limits limits_;
  RemoteExecutorLoader::Options options_;
  absl::Mutex mutex_;
  std::vector<std::string> lost_ ABSL_GUARDED_BY(mutex_);
  std::string reason_ ABSL_GUARDED_BY(mutex_);
  std::vector<pid_t> pids_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> ends_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<RemoteExecutorLoader> loader_;
};

TEST_F(ServingWorkerTest, NoProcessIsStartedBeforeTheFirstLoad) {
  Start();
  EXPECT_THAT(pids(), IsEmpty());
}

TEST_F(ServingWorkerTest, OneProcessRunsSeveralVersions) {
  Start();
  const auto first = MustLoad("sum", 1);
  const auto second = MustLoad("sum", 2);
  EXPECT_EQ(first->Run({Row(1, 2)}, 1)->logits[1], 1);
  EXPECT_EQ(second->Run({Row(1, 2)}, 1)->logits[1], 2);
  EXPECT_EQ(second->memory_bytes(), 1002);
  EXPECT_THAT(pids(), SizeIs(1));
}

TEST_F(ServingWorkerTest, TellsTheProcessesMemoryAndTheProcessorTimeOfAll) {
  Start();
  EXPECT_EQ(loader_->Usage().resident_bytes, 0);
  EXPECT_EQ(loader_->Usage().device, "cpu");
  MustLoad("sum");
  const ServingState::Worker first = loader_->Usage();
  // A program with gRPC takes some MiB, and some time to start.
  EXPECT_GT(first.resident_bytes, 1 << 20);
  ASSERT_EQ(kill(pid(), SIGKILL), 0);
  WaitForEnds(1);
  EXPECT_EQ(loader_->Usage().resident_bytes, 0);
  EXPECT_GE(loader_->Usage().cpu_time, first.cpu_time);
  MustLoad("sum");
  EXPECT_GT(loader_->Usage().resident_bytes, 1 << 20);
  EXPECT_GE(loader_->Usage().cpu_time, first.cpu_time);
}

TEST_F(ServingWorkerTest, AKilledProcessIsToldForEachVersionAndReplacedByTheNextLoad) {
  Start();
  const auto first = MustLoad("sum", 1);
  const auto second = MustLoad("sum", 2);
  ASSERT_EQ(kill(pid(), SIGKILL), 0);
  EXPECT_THAT(WaitForLost(2), UnorderedElementsAre("sum@1", "sum@2"));
  EXPECT_EQ(reason(), "the serving worker of cpu killed by signal 9 (SIGKILL)");
  EXPECT_THAT(Run(*first), StatusIs(absl::StatusCode::kUnavailable, "retry"));
  const auto again = MustLoad("sum", 1);
  EXPECT_OK(Run(*again));
  EXPECT_THAT(pids(), SizeIs(2));
}

TEST_F(ServingWorkerTest, ABatchThatKillsItsProcessIsUnavailable) {
  Start();
  const auto deadly = MustLoad("deadly");
  EXPECT_THAT(Run(*deadly),
              StatusIs(absl::StatusCode::kUnavailable, "the serving worker of cpu was lost ("));
  EXPECT_THAT(WaitForLost(1), testing::ElementsAre("deadly@1"));
}

TEST_F(ServingWorkerTest, ALostDeviceEndsTheProcessOnceItHasAnswered) {
  Start();
  const auto lost = MustLoad("lost");
  EXPECT_THAT(Run(*lost), StatusIs(absl::StatusCode::kUnavailable, "the device has failed"));
  EXPECT_THAT(WaitForLost(1), testing::ElementsAre("lost@1"));
  EXPECT_THAT(reason(), HasSubstr("exited with code 3"));
  const auto again = MustLoad("sum");
  EXPECT_OK(Run(*again));
}

TEST_F(ServingWorkerTest, AProcessThatIsGoneIsToldAgainByTheFirstBatchForIt) {
  Start();
  const auto executor = MustLoad("sum");
  ASSERT_EQ(kill(pid(), SIGKILL), 0);
  WaitForLost(1);
  EXPECT_FALSE(Run(*executor).ok());
  EXPECT_FALSE(Run(*executor).ok());
  EXPECT_THAT(WaitForLost(2), SizeIs(2));
}

TEST_F(ServingWorkerTest, AProcessThatNeverListensIsEndedInTime) {
  options_.device = "mute";
  limits_.serving_start_timeout = absl::Milliseconds(100);
  Start();
  EXPECT_THAT(Load("sum"),
              StatusIs(absl::StatusCode::kUnavailable,
                       "the serving worker of mute killed by signal 9 (SIGKILL): it did not "
                       "listen within 100ms before it was ready"));
  EXPECT_THAT(WaitForEnds(1), SizeIs(1));
}

TEST_F(ServingWorkerTest, AProcessThatCannotStartIsAnErrorWithItsExitCode) {
  options_.device = "absent";
  Start();
  EXPECT_THAT(Load("sum"), StatusIs(absl::StatusCode::kUnavailable, "exited with code 1"));
  EXPECT_THAT(Load("sum"), StatusIs(absl::StatusCode::kUnavailable, "exited with code 1"));
  EXPECT_THAT(WaitForLost(0), IsEmpty());
}

TEST_F(ServingWorkerTest, AMissingProgramIsNamed) {
  options_.worker_binary = directory_.Path("absent");
  Start();
  EXPECT_THAT(Load("sum"), StatusIs(absl::StatusCode::kNotFound, options_.worker_binary));
}

TEST_F(ServingWorkerTest, AProcessThatDiedYoungIsReplacedOnlyAfterADelay) {
  limits_.serving_restart_delay_min = absl::Milliseconds(200);
  Start();
  const auto executor = MustLoad("sum");
  const auto death = std::chrono::steady_clock::now();
  ASSERT_EQ(kill(pid(), SIGKILL), 0);
  WaitForLost(1);
  const auto again = MustLoad("sum");
  EXPECT_GE(std::chrono::steady_clock::now() - death, std::chrono::milliseconds(200));
}

TEST_F(ServingWorkerTest, AProcessThatGivesNoSignOfLifeIsKilled) {
  limits_.serving_check_interval = absl::Milliseconds(20);
  limits_.serving_check_timeout = absl::Milliseconds(500);
  Start();
  const auto executor = MustLoad("sum");
  ASSERT_EQ(kill(pid(), SIGSTOP), 0);
  EXPECT_THAT(WaitForLost(1), SizeIs(1));
  EXPECT_THAT(reason(), HasSubstr("it gave no sign of life"));
}

TEST_F(ServingWorkerTest, AProcessWithAStuckBatchIsKilled) {
  limits_.serving_run_timeout = absl::Milliseconds(100);
  Start();
  const auto stuck = MustLoad("stuck");
  EXPECT_THAT(Run(*stuck), StatusIs(absl::StatusCode::kUnavailable, "within 100ms"));
  EXPECT_THAT(WaitForEnds(1), testing::ElementsAre("killed by signal 9 (SIGKILL): it had not run "
                                                   "a batch within 100ms"));
}

TEST_F(ServingWorkerTest, AProcessWithNothingLoadedIsStoppedAndStartedWhenNeeded) {
  limits_.serving_idle_timeout = absl::Milliseconds(50);
  Start();
  MustLoad("sum").reset();
  EXPECT_THAT(WaitForEnds(1),
              testing::ElementsAre("killed by signal 9 (SIGKILL): it had nothing loaded"));
  EXPECT_OK(Run(*MustLoad("sum")));
  EXPECT_THAT(WaitForLost(0), IsEmpty());
}

TEST_F(ServingWorkerTest, AProcessThatCouldLoadNothingIsStoppedToo) {
  limits_.serving_idle_timeout = absl::Milliseconds(50);
  Start();
  EXPECT_THAT(Load("refused"), StatusIs(absl::StatusCode::kDataLoss, "damaged"));
  EXPECT_THAT(WaitForEnds(1), SizeIs(1));
}

TEST_F(ServingWorkerTest, ShutdownEndsTheProcessAndWhatRunsInIt) {
  Start();
  const auto stuck = MustLoad("stuck");
  const int process = OpenProcess(pid());
  std::thread runner(
      [&] { EXPECT_THAT(Run(*stuck), StatusIs(absl::StatusCode::kUnavailable, "")); });
  loader_->Shutdown();
  runner.join();
  pollfd ended = {.fd = process, .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&ended, 1, 20'000), 1);
  close(process);
  EXPECT_THAT(Load("sum"), StatusIs(absl::StatusCode::kUnavailable, "shutting down"));
  EXPECT_THAT(WaitForLost(0), IsEmpty());
}

TEST_F(ServingWorkerTest, ShutdownDoesNotWaitForAProcessThatStarts) {
  options_.device = "mute";
  Start();
  std::thread loading(
      [&] { EXPECT_THAT(Load("sum"), StatusIs(absl::StatusCode::kUnavailable, "shutting down")); });
  loader_->Shutdown();
  loading.join();
}

TEST_F(ServingWorkerTest, AProcessDiesWithAServerThatIsKilled) {
  const std::string fifo = directory_.Path("pid");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const pid_t server = fork();
  ASSERT_GE(server, 0);
  if (server == 0) {
    // One that never listens: nothing of gRPC is used on this side of the fork.
    options_.device = "mute";
    options_.on_start = [&fifo](int64_t pid) { WriteFile(fifo, absl::StrCat(pid, "\n")); };
    Start();
    Load("sum").status().IgnoreError();
    _exit(1);
  }
  const pid_t worker = std::stoi(ReadFile(fifo));
  const int process = OpenProcess(worker);
  ASSERT_GE(process, 0);
  ASSERT_EQ(kill(server, SIGKILL), 0);
  ASSERT_EQ(waitpid(server, nullptr, 0), server);
  pollfd ended = {.fd = process, .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&ended, 1, 20'000), 1) << "the worker outlived its server";
  close(process);
}

}  // namespace
}  // namespace traind
