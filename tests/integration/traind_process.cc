#include "tests/integration/traind_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

extern char** environ;

namespace traind {
namespace {

constexpr int kWaitMs = 30'000;
constexpr int kPollMs = 20;

// True when the process ends within the time.
bool EndsWithin(pid_t pid, int milliseconds) {
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  pollfd end = {pidfd, POLLIN, 0};
  const bool ended = poll(&end, 1, milliseconds) == 1;
  close(pidfd);
  return ended;
}

}  // namespace

TraindProcess::TraindProcess(const std::vector<std::string>& flags, const std::string& log_path) {
  std::string program = TRAIND_BINARY;  // defined by CMake
  std::vector<char*> argv = {program.data()};
  for (const std::string& flag : flags) argv.push_back(const_cast<char*>(flag.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_path.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  if (posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ) != 0) {
    reaped_ = true;
  }
  posix_spawn_file_actions_destroy(&actions);
}

TraindProcess::~TraindProcess() {
  if (Ended()) return;
  Signal(SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool TraindProcess::Ended() {
  if (!reaped_) reaped_ = waitpid(pid_, &wait_status_, WNOHANG) == pid_;
  return reaped_;
}

bool TraindProcess::WaitForFile(const std::string& path) {
  for (int waited = 0; waited < kWaitMs; waited += kPollMs) {
    if (std::filesystem::exists(path)) return true;
    if (reaped_ || EndsWithin(pid_, kPollMs)) return false;
  }
  return false;
}

void TraindProcess::Signal(int number) const {
  if (!reaped_) kill(pid_, number);
}

int TraindProcess::Wait() {
  if (!reaped_ && !EndsWithin(pid_, kWaitMs)) return -1000;
  if (!reaped_) reaped_ = waitpid(pid_, &wait_status_, 0) == pid_;
  return WIFEXITED(wait_status_) ? WEXITSTATUS(wait_status_) : -WTERMSIG(wait_status_);
}

}  // namespace traind
