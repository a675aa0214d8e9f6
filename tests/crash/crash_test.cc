// A server's life is ended at each change that it makes to a file, or gets an error
// there; a new server must find everything that the old one had been told is durable.

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/crash/crash_point.h"
#include "tests/crash/crash_scenario.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

using ::testing::AnyOf;
using ::testing::IsEmpty;

// So few calls would mean that the library does not see them.
constexpr size_t kCallsMin = 200;
// What CrashScenario::Play gives when the service cannot say what went wrong.
constexpr absl::StatusCode kUnsettled = absl::StatusCode::kUnavailable;
// A child's exit codes: done, or failed with the status code added.
constexpr int kDone = 0;
constexpr int kFailed = 100;
constexpr int kCannotRead = 99;

// In memory where the machine has such a folder: it is faster, and a process that dies
// loses nothing there either.
std::string Parent() {
  constexpr char kInMemory[] = "/dev/shm";
  return access(kInMemory, W_OK) == 0 ? kInMemory : "/tmp";
}

// One data directory and its server's lives.
class Lives {
 public:
  explicit Lives(std::string datasets) : datasets_(std::move(datasets)) {}

  // A server in a process of its own, up to the end of the scenario or of itself.
  void Live(CrashAction action, int64_t call) {
    const pid_t child = fork();
    if (child == 0) LiveInChild(action, call);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    crashed_ = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    ASSERT_TRUE(crashed_ || WIFEXITED(status)) << "status " << status << LastCall();
    exit_code_ = crashed_ ? -1 : WEXITSTATUS(status);
  }
  bool crashed() const { return crashed_; }
  int exit_code() const { return exit_code_; }

  // A new server finds all that was told, and goes on to the end. In a process of its
  // own too: what ends it must not end the test.
  void ExpectGoesOn() {
    const pid_t child = fork();
    if (child == 0) {
      const testing::TestResult& result =
          *testing::UnitTest::GetInstance()->current_test_info()->result();
      const int parts_before = result.total_part_count();
      GoOn();
      std::fflush(stdout);
      _exit(result.total_part_count() > parts_before ? kFailed : kDone);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << "the new server's status" << LastCall();
  }

  std::vector<std::string> Calls() const {
    std::vector<std::string> calls;
    std::ifstream file(directory_.Path("trace"));
    for (std::string line; std::getline(file, line);) calls.push_back(line);
    return calls;
  }
  std::string LastCall() const {
    const std::vector<std::string> calls = Calls();
    return absl::StrCat("\nlast call: ", calls.empty() ? "none" : calls.back());
  }
  std::string Error() const { return ReadFile(directory_.Path("error")); }

 private:
  [[noreturn]] void LiveInChild(CrashAction action, int64_t call) {
    SetCrashPoint(data().c_str(), action, call, directory_.Path("trace").c_str());
    CrashScenario server(data(), datasets_, told());
    absl::Status status = server.Open();
    const bool opened = status.ok();
    if (status.ok()) status = server.Play();
    if (status.ok()) _exit(kDone);
    WriteFile(directory_.Path("error"), status.ToString());
    if (opened && !server.ReadAll().ok()) _exit(kCannotRead);
    _exit(kFailed + static_cast<int>(status.code()));
  }
  void GoOn() {
    SetCrashPoint(data().c_str(), CrashAction::kNone, 0, nullptr);
    CrashScenario server(data(), datasets_, told());
    ASSERT_OK(server.Open()) << LastCall();
    EXPECT_THAT(server.CheckTold(), IsEmpty()) << LastCall();
    ASSERT_OK(server.Play()) << LastCall();
    EXPECT_THAT(server.CheckEnd(), IsEmpty()) << LastCall();
  }
  std::string data() const { return directory_.Path("data"); }
  ToldFacts told() const { return ToldFacts(directory_.Path("told")); }

  const TempDirectory directory_{Parent()};
  const std::string datasets_;
  bool crashed_ = false;
  int exit_code_ = -1;
};

class CrashTest : public ::testing::Test {
 protected:
  CrashTest() { CrashScenario::WriteDataset(datasets_.path()); }

  // The calls of a life that nothing disturbs.
  std::vector<std::string> AllCalls() {
    Lives lives(datasets_.path());
    lives.Live(CrashAction::kNone, 0);
    EXPECT_EQ(lives.exit_code(), kDone) << lives.LastCall();
    lives.ExpectGoesOn();
    return lives.Calls();
  }

  // The numbers of those that `picks` wants by their line of the trace.
  template <typename Picks>
  std::vector<int64_t> Numbers(Picks picks) {
    const std::vector<std::string> calls = AllCalls();
    EXPECT_GT(calls.size(), kCallsMin);
    std::vector<int64_t> numbers;
    for (size_t index = 0; index < calls.size(); ++index) {
      if (picks(calls[index])) numbers.push_back(static_cast<int64_t>(index) + 1);
    }
    return numbers;
  }
  std::vector<int64_t> Writes() {
    return Numbers([](const std::string& call) {
      return absl::StrContains(call, "write ") || absl::StrContains(call, " mkdir ");
    });
  }

  // A life for each of the calls, which it ends.
  void CrashAt(CrashAction action, const std::vector<int64_t>& calls) {
    for (const int64_t call : calls) {
      Lives lives(datasets_.path());
      lives.Live(action, call);
      EXPECT_TRUE(lives.crashed()) << "not at call " << call;
      lives.ExpectGoesOn();
      if (HasFailure()) return;
    }
  }

  // A life for each of the calls, in which that one and the writes after it fail.
  void FailFrom(CrashAction action, const std::vector<int64_t>& calls, absl::StatusCode expected) {
    for (const int64_t call : calls) {
      Lives lives(datasets_.path());
      lives.Live(action, call);
      if (lives.exit_code() != kDone) {  // at the last ones only the database's closing fails
        EXPECT_THAT(lives.exit_code() - kFailed,
                    AnyOf(static_cast<int>(expected), static_cast<int>(kUnsettled)))
            << "call " << call << ": " << lives.Calls()[static_cast<size_t>(call) - 1] << "\n"
            << lives.Error();
      }
      lives.ExpectGoesOn();
      if (HasFailure()) return;
    }
  }

  const TempDirectory datasets_{Parent()};
};

TEST_F(CrashTest, TheLibrarySeesCallsOfEveryStore) {
  std::vector<std::string> calls = AllCalls();
  for (const char* part :
       {"pwrite ", "fdatasync ", "rename", "unlink", "mkdir ", "runs.sqlite-wal",
        "/checkpoints/.writing/", "/runs/tiny-1/trace", "/models/tiny/.publishing/",
        "/models/moved/aliases.textproto", "/models/moved/.removing"}) {
    EXPECT_TRUE(std::any_of(calls.begin(), calls.end(),
                            [&](const std::string& call) { return absl::StrContains(call, part); }))
        << "no call with " << part;
  }
}

// What a loss of power needs, which no ended process shows: what is below a hidden
// folder is flushed before the folder gets its name, and the name right after.
TEST_F(CrashTest, NothingGetsItsNameBeforeItIsFlushed) {
  std::set<std::string> unflushed;
  std::string renamed_in;
  int renames = 0;
  for (const std::string& line : AllCalls()) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    const std::string &name = words[2], &path = words[3];
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    if (!renamed_in.empty()) {
      EXPECT_EQ(name + " " + path, "fsync " + renamed_in);
    }
    renamed_in.clear();
    if (name == "fsync" || name == "fdatasync" || name == "unlinkat") {
      unflushed.erase(path);
    } else if (name == "open" || name == "write") {
      unflushed.insert({path, parent.string()});
    } else if (absl::StartsWith(name, "rename") &&
               !absl::StrContains(path, "/.")) {  // what is to go may go at any time
      ++renames;
      renamed_in = parent.string();
      for (const std::string& one : unflushed) {
        EXPECT_FALSE(absl::StartsWith(one, renamed_in + "/."))
            << line << " before a flush of " << one;
      }
    }
  }
  // Six checkpoints and a trace of tiny-1, two and a trace of tiny-3, and one version; of the moved
  // model four versions, and its aliases after three moves and before a deletion.
  EXPECT_EQ(renames, 19);
}

TEST_F(CrashTest, NothingIsLostByACrashBeforeAnyCall) {
  CrashAt(CrashAction::kBefore, Numbers([](const std::string&) { return true; }));
}

// After one call or before the next leaves the same files; some, since less was told.
TEST_F(CrashTest, NothingIsLostByACrashAfterACall) {
  CrashAt(CrashAction::kAfter,
          Numbers([number = 0](const std::string&) mutable { return ++number % 7 == 0; }));
}

TEST_F(CrashTest, NothingIsLostByACrashInTheMiddleOfAnyWrite) {
  CrashAt(CrashAction::kHalfway, Writes());
}

TEST_F(CrashTest, NothingIsLostByAServerThatCrashesAgainWhileItTakesOver) {
  const auto count = static_cast<int64_t>(AllCalls().size());
  for (int64_t call = 1; call < count && !HasFailure(); call += 29) {
    Lives lives(datasets_.path());
    lives.Live(CrashAction::kBefore, call);
    for (int64_t again = 1; again < 40; again += 3) lives.Live(CrashAction::kAfter, again);
    lives.ExpectGoesOn();
  }
}

TEST_F(CrashTest, AFullDiskIsSaidAndLosesNothing) {
  FailFrom(CrashAction::kNoSpace, Writes(), absl::StatusCode::kResourceExhausted);
}

TEST_F(CrashTest, AFailingDiskIsSaidAndLosesNothing) {
  FailFrom(CrashAction::kIoError, Writes(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace traind
