#include "server/workers/process_launcher.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "server/base/process_stat.h"
#include "server/base/status_macros.h"
#include "server/workers/child_process.h"

namespace traind {
namespace {

using std::chrono::steady_clock;

// Opens the attempt's log, or returns -1 when logs are not wanted or cannot be written:
// a disk that is full or read-only is no reason not to train.
int OpenLog(const std::string& directory, const AttemptKey& attempt) {
  if (directory.empty()) return -1;
  const std::string folder = absl::StrCat(directory, "/", attempt.run_id);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const std::string path = absl::StrCat(folder, "/attempt-", attempt.attempt, ".log");
  return open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ProcessLauncher>> ProcessLauncher::Start(Options options) {
  const int probe = OpenProcess(getpid());
  if (probe < 0) {
    return absl::UnimplementedError("cannot watch processes: pidfd_open needs Linux 5.3 or newer");
  }
  close(probe);
  const int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("eventfd: ", std::generic_category().message(errno)));
  }
  return std::unique_ptr<ProcessLauncher>(new ProcessLauncher(std::move(options), wake_fd));
}

ProcessLauncher::ProcessLauncher(Options options, int wake_fd)
    : options_(std::move(options)),
      wake_fd_(wake_fd),
      exit_dispatcher_(std::make_unique<Dispatcher>()),
      supervisor_([this] { SupervisorLoop(); }) {}

void ProcessLauncher::Shutdown() {
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  eventfd_write(wake_fd_, 1);
  supervisor_.join();
  exit_dispatcher_.reset();
  close(wake_fd_);
}

absl::StatusOr<int64_t> ProcessLauncher::Launch(const AttemptKey& attempt) {
  std::optional<absl::StatusOr<int64_t>> pid;
  absl::Notification done;
  const bool posted = Post([&] {
    pid = LaunchNow(attempt);
    done.Notify();
  });
  if (!posted) return absl::UnavailableError("the server is shutting down");
  done.WaitForNotification();
  return *pid;
}

void ProcessLauncher::RequestStop(const AttemptKey& attempt, absl::Duration grace) {
  if (options_.send_stop) options_.send_stop(attempt, grace);
  Post([this, attempt, grace] {
    const auto found = children_.find(attempt);
    if (found == children_.end()) return;
    Child& child = found->second;
    kill(child.pid, SIGTERM);
    // A second request never lengthens the first one's grace.
    if (grace >= child.grace) return;
    child.grace = grace;
    child.kill_time = steady_clock::now() + absl::ToChronoMilliseconds(grace);
  });
}

void ProcessLauncher::Kill(const AttemptKey& attempt) {
  Post([this, attempt] {
    const auto found = children_.find(attempt);
    if (found != children_.end()) kill(-found->second.pid, SIGKILL);
  });
}

std::vector<WorkerUsage> ProcessLauncher::Usage() {
  std::vector<WorkerUsage> usage;
  absl::Notification done;
  // On the thread that reaps: there a process id cannot become another process's.
  const bool posted = Post([&] {
    for (const auto& [attempt, child] : children_) {
      const absl::StatusOr<ProcessStat> stat = ReadProcessStat(child.pid);
      if (stat.ok()) usage.push_back({attempt, stat->cpu_time, stat->resident_bytes});
    }
    done.Notify();
  });
  if (posted) done.WaitForNotification();
  return usage;
}

bool ProcessLauncher::Post(std::function<void()> command) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return false;
  commands_.push_back(std::move(command));
  eventfd_write(wake_fd_, 1);
  return true;
}

void ProcessLauncher::SupervisorLoop() {
  while (RunCommands()) {
    WaitForSomething();
    KillOverdue();
    ReapEnded();
  }
  KillAll();
  while (!children_.empty()) {
    WaitForSomething();
    ReapEnded();
  }
}

bool ProcessLauncher::RunCommands() {
  std::deque<std::function<void()>> commands;
  bool stopping;
  {
    absl::MutexLock lock(&mutex_);
    commands.swap(commands_);
    stopping = stopping_;
  }
  for (const std::function<void()>& command : commands) command();
  return !stopping;
}

void ProcessLauncher::WaitForSomething() {
  std::vector<pollfd> files = {{.fd = wake_fd_, .events = POLLIN, .revents = 0}};
  SteadyTime wake_time = SteadyTime::max();
  for (const auto& [unused, child] : children_) {
    files.push_back({.fd = child.pidfd, .events = POLLIN, .revents = 0});
    wake_time = std::min(wake_time, child.kill_time);
  }
  int timeout = -1;
  if (wake_time != SteadyTime::max()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(wake_time - steady_clock::now()).count();
    timeout = static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
  }
  poll(files.data(), files.size(), timeout);
  eventfd_t ignored;
  eventfd_read(wake_fd_, &ignored);
}

void ProcessLauncher::KillOverdue() {
  const SteadyTime now = steady_clock::now();
  for (auto& [unused, child] : children_) {
    if (child.kill_time <= now) {
      child.kill_time = SteadyTime::max();
      child.overdue = true;
      kill(-child.pid, SIGKILL);
    }
  }
}

void ProcessLauncher::ReapEnded() {
  for (auto entry = children_.begin(); entry != children_.end();) {
    std::optional<Ending> ending = ReapIfEnded(entry->second);
    if (!ending.has_value()) {
      ++entry;
      continue;
    }
    close(entry->second.pidfd);
    exit_dispatcher_->Post([this, attempt = entry->first, ending = *std::move(ending)] {
      if (options_.on_final_usage) {
        options_.on_final_usage(
            {.attempt = attempt, .cpu_time = ending.cpu_time, .resident_bytes = 0});
      }
      options_.on_exit(attempt, ending.how);
    });
    entry = children_.erase(entry);
  }
}

std::optional<ProcessLauncher::Ending> ProcessLauncher::ReapIfEnded(const Child& child) {
  siginfo_t ended = {};
  const auto id = static_cast<id_t>(child.pid);
  if (waitid(P_PID, id, &ended, WEXITED | WNOHANG | WNOWAIT) != 0) {
    return Ending{"ended, and its exit status was lost", absl::ZeroDuration()};
  }
  if (ended.si_pid == 0) return std::nullopt;
  // What the worker itself has started goes with it; not yet reaped, its process
  // id still names its group.
  kill(-child.pid, SIGKILL);
  int status = 0;
  rusage used = {};
  wait4(child.pid, &status, 0, &used);
  const bool forced = child.overdue && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  return Ending{
      absl::StrCat(DescribeExit(status), forced ? absl::StrCat(" after it had not stopped within ",
                                                               absl::FormatDuration(child.grace))
                                                : ""),
      absl::DurationFromTimeval(used.ru_utime) + absl::DurationFromTimeval(used.ru_stime)};
}

void ProcessLauncher::KillAll() {
  for (const auto& [unused, child] : children_) kill(-child.pid, SIGKILL);
}

absl::StatusOr<int64_t> ProcessLauncher::LaunchNow(const AttemptKey& attempt) {
  if (children_.contains(attempt)) {
    return absl::AlreadyExistsError(
        absl::StrCat("attempt ", attempt.DebugString(), " has a worker already"));
  }
  const int log = OpenLog(options_.log_directory, attempt);
  const absl::Cleanup close_log = [log] {
    if (log >= 0) close(log);
  };
  std::vector<std::string> argv = {options_.worker_binary, "--socket", options_.socket_path};
  const std::vector<std::string> name =
      options_.name_arguments ? options_.name_arguments(attempt)
                              : std::vector<std::string>{"--run", attempt.run_id, "--attempt",
                                                         absl::StrCat(attempt.attempt)};
  argv.insert(argv.end(), name.begin(), name.end());
  if (options_.more_arguments) {
    for (std::string& argument : options_.more_arguments()) argv.push_back(std::move(argument));
  }
  ASSIGN_OR_RETURN(const pid_t pid,
                   SpawnChild({.argv = std::move(argv),
                               .nice_increment = options_.nice_increment,
                               .die_first_without_memory = true,
                               .stdin_fd = options_.stdin_of ? options_.stdin_of(attempt) : -1,
                               .stdout_fd = log,
                               .stderr_fd = log}));
  const int pidfd = OpenProcess(pid);
  if (pidfd < 0) {
    const int error = errno;
    kill(-pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot watch process ", pid, ": ", std::generic_category().message(error)));
  }
  children_[attempt] = {.pid = pid, .pidfd = pidfd};
  return pid;
}

}  // namespace traind
