#include "server/workers/serving_worker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "server/base/process_stat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

using std::chrono::steady_clock;

// How often a process that starts is looked at.
constexpr absl::Duration kStartPoll = absl::Milliseconds(20);

// As many processes have sockets of different names, so that a link never meets the
// process after its own, in which its handles mean something else. Bounded, as are paths.
constexpr int kSocketNames = 1000;

// Whether somebody listens on the socket.
bool CanConnect(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (file < 0) return false;
  const bool connected =
      connect(file, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(file);
  return connected;
}

absl::Status ShuttingDown() { return absl::UnavailableError("the server is shutting down"); }

}  // namespace

ServingWorker::ServingWorker(Options options)
    : options_(std::move(options)),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { Loop(); }) {}

absl::StatusOr<std::shared_ptr<ServingLink>> ServingWorker::Acquire() {
  absl::MutexLock lock(&mutex_);
  ++waiting_;
  Wake();
  const auto has_outcome = [this, tries = tries_]()
                               ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return HasOutcome(tries); };
  mutex_.Await(absl::Condition(&has_outcome));
  --waiting_;
  if (stopping_) return ShuttingDown();
  if (!is_ready_) {
    return try_status_.ok() ? absl::UnavailableError("the serving worker was lost") : try_status_;
  }
  ++acquired_;
  return link_;
}

void ServingWorker::Release() {
  absl::MutexLock lock(&mutex_);
  --acquired_;
  Wake();
}

ServingState::Worker ServingWorker::Usage() const {
  // Held, so that the process is not reaped meanwhile.
  absl::MutexLock lock(&mutex_);
  ServingState::Worker usage{.device = options_.device, .cpu_time = ended_cpu_time_};
  if (pid_ == 0) return usage;
  const absl::StatusOr<ProcessStat> stat = ReadProcessStat(static_cast<pid_t>(pid_));
  if (!stat.ok()) return usage;
  usage.cpu_time += stat->cpu_time;
  usage.resident_bytes = stat->resident_bytes;
  return usage;
}

void ServingWorker::Shutdown() {
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) return;
    stopping_ = true;
    if (link_ != nullptr) link_->Break("the server is shutting down");
  }
  Wake();
  thread_.join();
  close(wake_fd_);
}

void ServingWorker::Wake() const { eventfd_write(wake_fd_, 1); }

void ServingWorker::Loop() {
  while (!IsStopping()) {
    if (process_ == nullptr) {
      WaitUntilWanted();
    } else {
      Watch();
    }
  }
  if (process_ != nullptr) EndProcess("the server is shutting down");
}

void ServingWorker::WaitUntilWanted() {
  bool is_wanted;
  {
    absl::MutexLock lock(&mutex_);
    is_wanted = waiting_ > 0;
  }
  if (is_wanted && steady_clock::now() >= next_start_) {
    StartProcess();
  } else {
    WaitForSomething(is_wanted ? next_start_ : SteadyTime::max());
  }
}

void ServingWorker::StartProcess() {
  start_time_ = steady_clock::now();
  const absl::Status status = MakeReady();
  if (!status.ok()) DelayNextStart();
  next_check_ =
      steady_clock::now() + absl::ToChronoNanoseconds(options_.limits.serving_check_interval);
  idle_since_ = SteadyTime::max();
  absl::MutexLock lock(&mutex_);
  ++tries_;
  try_status_ = status;
  is_ready_ = status.ok();
}

absl::Status ServingWorker::MakeReady() {
  start_number_ = (start_number_ + 1) % kSocketNames;
  socket_path_ = absl::StrCat(options_.socket_prefix, "-", start_number_, ".sock");
  std::vector<std::string> argv = {options_.worker_binary,
                                   "--serve",
                                   "--socket",
                                   socket_path_,
                                   "--device",
                                   options_.device,
                                   "--threads",
                                   absl::StrCat(options_.thread_count)};
  if (options_.more_arguments) {
    for (std::string& argument : options_.more_arguments()) argv.push_back(std::move(argument));
  }
  unlink(socket_path_.c_str());  // an earlier server's
  ASSIGN_OR_RETURN(process_, ServingProcess::Start(std::move(argv)));
  {
    absl::MutexLock lock(&mutex_);
    pid_ = process_->pid();
  }
  if (options_.on_start) options_.on_start(process_->pid());
  const SteadyTime deadline =
      start_time_ + absl::ToChronoNanoseconds(options_.limits.serving_start_timeout);
  absl::Status status = WaitForSocket(deadline);
  if (status.ok()) {
    auto link =
        std::make_shared<ServingLink>(ServingLink::Options{.socket_path = socket_path_,
                                                           .device = options_.device,
                                                           .lane_count = options_.thread_count,
                                                           .limits = options_.limits,
                                                           .on_change = [this] { Wake(); }});
    {
      absl::MutexLock lock(&mutex_);
      link_ = link;
      if (stopping_) link->Break("the server is shutting down");
    }
    status = link->Check(absl::FromChrono(deadline - steady_clock::now()));
  }
  if (status.ok()) return status;
  const std::string how = EndProcess(status.message());
  if (IsStopping()) return ShuttingDown();
  return absl::UnavailableError(absl::StrCat("the serving worker of ", options_.device, " ", how,
                                             " before it was ready; the server's log says more"));
}

absl::Status ServingWorker::WaitForSocket(SteadyTime deadline) {
  while (!CanConnect(socket_path_)) {
    if (process_->HasEnded()) return absl::UnavailableError("");
    if (IsStopping()) return ShuttingDown();
    const SteadyTime now = steady_clock::now();
    if (now >= deadline) {
      return absl::DeadlineExceededError(
          absl::StrCat("it did not listen within ",
                       absl::FormatDuration(options_.limits.serving_start_timeout)));
    }
    WaitForSomething(now + absl::ToChronoNanoseconds(kStartPoll));
  }
  return absl::OkStatus();
}

void ServingWorker::Watch() {
  const std::string trouble = FindTrouble();
  if (IsStopping()) return;
  if (!trouble.empty() || process_->HasEnded()) return Lose(trouble);
  if (RetireIdle()) {
    EndProcess("it had nothing loaded");
    return;
  }
  SteadyTime until = next_check_;
  if (idle_since_ != SteadyTime::max()) {
    until = std::min(until,
                     idle_since_ + absl::ToChronoNanoseconds(options_.limits.serving_idle_timeout));
  }
  WaitForSomething(until);
}

std::string ServingWorker::FindTrouble() {
  const std::shared_ptr<ServingLink> current = link();
  if (process_->HasEnded()) return "";
  if (std::string broken = current->broken(); !broken.empty()) return broken;
  const SteadyTime now = steady_clock::now();
  if (now < next_check_) return "";
  next_check_ = now + absl::ToChronoNanoseconds(options_.limits.serving_check_interval);
  const absl::Status alive = current->Check(options_.limits.serving_check_timeout);
  if (alive.ok() || process_->HasEnded()) return "";
  return absl::StrCat("it gave no sign of life: ", alive.message());
}

bool ServingWorker::RetireIdle() {
  absl::MutexLock lock(&mutex_);
  // Versions are loaded only between Acquire and Release, so none comes meanwhile.
  const bool is_idle = waiting_ == 0 && acquired_ == 0 && link_->loaded().empty();
  const SteadyTime now = steady_clock::now();
  if (!is_idle) idle_since_ = SteadyTime::max();
  if (is_idle && idle_since_ == SteadyTime::max()) idle_since_ = now;
  if (!is_idle ||
      now - idle_since_ < absl::ToChronoNanoseconds(options_.limits.serving_idle_timeout)) {
    return false;
  }
  is_ready_ = false;
  return true;
}

void ServingWorker::Lose(absl::string_view trouble) {
  const std::shared_ptr<ServingLink> lost = link();
  const std::string how = EndProcess(trouble);
  DelayNextStart();
  if (!options_.on_lost) return;
  const std::string reason = absl::StrCat("the serving worker of ", options_.device, " ", how);
  for (const ServingLink::Loaded& loaded : lost->loaded()) options_.on_lost(loaded, reason);
}

std::string ServingWorker::EndProcess(absl::string_view trouble) {
  {
    absl::MutexLock lock(&mutex_);
    is_ready_ = false;
    // What it uses from here to its end is not counted: once it is reaped, its id may be
    // another process's.
    const absl::StatusOr<ProcessStat> stat = ReadProcessStat(process_->pid());
    if (stat.ok()) ended_cpu_time_ += stat->cpu_time;
    pid_ = 0;
  }
  const int64_t pid = process_->pid();
  std::string how = process_->End();
  process_.reset();
  if (!trouble.empty()) absl::StrAppend(&how, ": ", trouble);
  std::shared_ptr<ServingLink> ended;
  {
    absl::MutexLock lock(&mutex_);
    ended = std::move(link_);
    link_ = nullptr;
  }
  if (ended != nullptr) ended->Bury(how);
  unlink(socket_path_.c_str());
  if (options_.on_end && !IsStopping()) options_.on_end(pid, how);
  return how;
}

void ServingWorker::DelayNextStart() {
  const Limits& limits = options_.limits;
  const SteadyTime now = steady_clock::now();
  const bool was_stable = absl::FromChrono(now - start_time_) >= limits.serving_stable_time;
  start_delay_ = was_stable ? absl::ZeroDuration()
                            : std::clamp(2 * start_delay_, limits.serving_restart_delay_min,
                                         limits.serving_restart_delay_max);
  next_start_ = now + absl::ToChronoNanoseconds(start_delay_);
}

bool ServingWorker::IsStopping() const {
  absl::MutexLock lock(&mutex_);
  return stopping_;
}

std::shared_ptr<ServingLink> ServingWorker::link() const {
  absl::MutexLock lock(&mutex_);
  return link_;
}

void ServingWorker::WaitForSomething(SteadyTime until) {
  pollfd files[] = {
      {.fd = wake_fd_, .events = POLLIN, .revents = 0},
      {.fd = process_ == nullptr ? -1 : process_->end_fd(), .events = POLLIN, .revents = 0}};
  int timeout = -1;
  if (until != SteadyTime::max()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now()).count();
    timeout = static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
  }
  poll(files, 2, timeout);
  eventfd_t ignored;
  eventfd_read(wake_fd_, &ignored);
}

}  // namespace traind
