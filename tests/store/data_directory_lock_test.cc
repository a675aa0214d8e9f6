#include "server/store/data_directory_lock.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

class DataDirectoryLockTest : public testing::Test {
 protected:
  TempDirectory directory_;
};

TEST_F(DataDirectoryLockTest, CreatesTheDirectory) {
  EXPECT_OK(DataDirectoryLock::Acquire(directory_.Path("new/data")));
}

TEST_F(DataDirectoryLockTest, ASecondServerIsRefusedWithTheHoldersProcessId) {
  absl::StatusOr<std::unique_ptr<DataDirectoryLock>> lock =
      DataDirectoryLock::Acquire(directory_.path());
  ASSERT_OK(lock);
  EXPECT_THAT(DataDirectoryLock::Acquire(directory_.path()),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       absl::StrCat("in use by process ", getpid(), ";")));
}

TEST_F(DataDirectoryLockTest, IsFreeAfterTheHolderLetGo) {
  { ASSERT_OK(DataDirectoryLock::Acquire(directory_.path())); }
  EXPECT_OK(DataDirectoryLock::Acquire(directory_.path()));
}

TEST_F(DataDirectoryLockTest, IsFreeAfterTheHolderWasKilled) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t holder = fork();
  ASSERT_GE(holder, 0);
  if (holder == 0) {
    const auto lock = DataDirectoryLock::Acquire(directory_.path());
    const char held = lock.ok() ? 'y' : 'n';
    if (write(pipe_ends[1], &held, 1) != 1) _exit(1);
    while (true) pause();
  }
  char held = 'n';
  ASSERT_EQ(read(pipe_ends[0], &held, 1), 1);
  ASSERT_EQ(held, 'y');
  EXPECT_THAT(DataDirectoryLock::Acquire(directory_.path()),
              StatusIs(absl::StatusCode::kFailedPrecondition, absl::StrCat("process ", holder)));
  ASSERT_EQ(kill(holder, SIGKILL), 0);
  ASSERT_EQ(waitpid(holder, nullptr, 0), holder);
  EXPECT_OK(DataDirectoryLock::Acquire(directory_.path()));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST_F(DataDirectoryLockTest, AFileInItsPlaceIsAnErrorThatNamesIt) {
  WriteFile(directory_.Path("data"), "x");
  EXPECT_THAT(DataDirectoryLock::Acquire(directory_.Path("data")),
              StatusIs(absl::StatusCode::kInternal, directory_.Path("data")));
}

}  // namespace
}  // namespace traind
