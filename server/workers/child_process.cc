#include "server/workers/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"

namespace traind {
namespace {

constexpr int kExecFailed = 127;
// Where close_range() is missing, files up to this one are closed one by one.
constexpr int kFallbackFilesMax = 4096;

// Everything that the child needs, made before the fork: between fork and exec
// only async-signal-safe calls are allowed.
struct ExecPlan {
  std::vector<char*> argv;
  pid_t parent;
  int nice_increment;
  bool die_first_without_memory;
  int stdin_fd;
  int stdout_fd;
  int stderr_fd;
  int error_fd;  // gets errno when exec fails; closed by a good exec
};

void CloseOtherFilesOnExec() {
  if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  for (int fd = 3; fd < kFallbackFilesMax; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void ResetSignals() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) sigaction(number, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// proc(5), /proc/pid/oom_score_adj: -1000 never, 1000 first. Best effort.
void RaiseOomScore() {
  const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd >= 0 && write(fd, "500", 3) == 3) close(fd);
}

// sched_setattr(2), which the C library does not have.
struct SchedulingAttributes {
  uint32_t size = sizeof(SchedulingAttributes);
  uint32_t policy = 0;  // SCHED_OTHER
  uint64_t flags = 0;
  int32_t nice = 0;
  uint32_t priority = 0;
  uint64_t runtime = 0;
  uint64_t deadline = 0;
  uint64_t period = 0;
};

// Gives way to others, and soon: Linux 6.12 and newer let a process ask for short turns,
// after which one that has just woken up, such as a prediction, goes first. A niceness or
// turns that cannot be had are no reason not to train.
void GiveWay(int nice_increment) {
  constexpr uint64_t kTurnNanoseconds = 100'000;
  errno = 0;
  const int niceness = nice(nice_increment);
  if (niceness == -1 && errno != 0) return;
  SchedulingAttributes attributes;
  attributes.nice = niceness;
  attributes.runtime = kTurnNanoseconds;
  syscall(SYS_sched_setattr, 0, &attributes, 0);
}

[[noreturn]] void ExecChild(const ExecPlan& plan) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above; then no signal will come.
  if (getppid() != plan.parent) _exit(kExecFailed);
  if (plan.nice_increment > 0) GiveWay(plan.nice_increment);
  if (plan.die_first_without_memory) RaiseOomScore();
  dup2(plan.stdin_fd, STDIN_FILENO);
  if (plan.stdout_fd >= 0) dup2(plan.stdout_fd, STDOUT_FILENO);
  if (plan.stderr_fd >= 0) dup2(plan.stderr_fd, STDERR_FILENO);
  CloseOtherFilesOnExec();
  ResetSignals();
  execv(plan.argv[0], plan.argv.data());
  const int error = errno;
  // Nothing can be done when even this fails; the exit code still tells.
  if (write(plan.error_fd, &error, sizeof(error)) < 0) _exit(kExecFailed);
  _exit(kExecFailed);
}

// Blocks every signal in this thread, so that no handler of this process runs in
// the child before it has reset them.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

absl::Status SpawnError(int error, absl::string_view program) {
  const std::string message =
      absl::StrCat("cannot run ", program, ": ", std::generic_category().message(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(
          absl::StrCat(message, "; install it beside the server or name its path"));
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(message);
    default:
      return absl::InternalError(message);
  }
}

// Waits for the exec: its errno, or 0 when it went well.
int ReadExecError(int fd) {
  int error = 0;
  ssize_t count;
  do {
    count = read(fd, &error, sizeof(error));
  } while (count < 0 && errno == EINTR);
  return count == static_cast<ssize_t>(sizeof(error)) ? error : 0;
}

}  // namespace

absl::StatusOr<pid_t> SpawnChild(const ChildOptions& options) {
  const std::string& program = options.argv[0];
  ExecPlan plan = {.argv = {},
                   .parent = getpid(),
                   .nice_increment = options.nice_increment,
                   .die_first_without_memory = options.die_first_without_memory,
                   .stdin_fd = options.stdin_fd,
                   .stdout_fd = options.stdout_fd,
                   .stderr_fd = options.stderr_fd,
                   .error_fd = -1};
  const int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null_fd < 0) return SpawnError(errno, program);
  const absl::Cleanup close_null = [null_fd] { close(null_fd); };
  if (plan.stdin_fd < 0) plan.stdin_fd = null_fd;
  for (const std::string& argument : options.argv) {
    plan.argv.push_back(const_cast<char*>(argument.c_str()));
  }
  plan.argv.push_back(nullptr);
  int error_pipe[2];
  if (pipe2(error_pipe, O_CLOEXEC) != 0) return SpawnError(errno, program);
  const absl::Cleanup close_reader = [&error_pipe] { close(error_pipe[0]); };
  plan.error_fd = error_pipe[1];

  pid_t child;
  {
    const BlockedSignals blocked;
    child = fork();
    if (child == 0) ExecChild(plan);
  }
  const int fork_error = errno;
  close(error_pipe[1]);
  if (child < 0) return SpawnError(fork_error, program);
  if (const int error = ReadExecError(error_pipe[0]); error != 0) {
    waitpid(child, nullptr, 0);
    return SpawnError(error, program);
  }
  return child;
}

// Not the C library's wrapper: its header in Debian 12 cannot be linked from C++.
int OpenProcess(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

std::string DescribeExit(int wait_status) {
  if (WIFEXITED(wait_status)) return absl::StrCat("exited with code ", WEXITSTATUS(wait_status));
  const int number = WTERMSIG(wait_status);
  const char* name = sigabbrev_np(number);
  return absl::StrCat("killed by signal ", number, " (",
                      name == nullptr ? "unknown" : absl::StrCat("SIG", name), ")",
                      WCOREDUMP(wait_status) ? ", core dumped" : "");
}

}  // namespace traind
