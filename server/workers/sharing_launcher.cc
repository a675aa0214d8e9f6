#include "server/workers/sharing_launcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "traind/worker/v1/worker_service.pb.h"

namespace traind {
namespace {

using std::chrono::steady_clock;

// Of one note: a run's name and a number.
constexpr size_t kPacketBytesMax = 4096;
constexpr char kSharedWorkers[] = "shared-workers";

int PollTimeout(steady_clock::time_point wake_time) {
  if (wake_time == steady_clock::time_point::max()) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(wake_time - steady_clock::now()).count();
  return static_cast<int>(std::clamp<int64_t>(left, 0, 60'000));
}

}  // namespace

absl::StatusOr<std::unique_ptr<SharingLauncher>> SharingLauncher::Start(
    ProcessLauncher::Options options, const Limits& limits) {
  std::unique_ptr<SharingLauncher> launcher(new SharingLauncher(limits, std::move(options)));
  RETURN_IF_ERROR(launcher->StartLaunchers());
  return launcher;
}

absl::Status SharingLauncher::StartLaunchers() {
  ASSIGN_OR_RETURN(own_, ProcessLauncher::Start(options_));
  ProcessLauncher::Options shared = options_;
  shared.name_arguments = [](const AttemptKey&) { return std::vector<std::string>{"--share"}; };
  shared.stdin_of = [this](const AttemptKey&) { return next_stdin_; };
  shared.send_stop = nullptr;
  shared.on_final_usage = nullptr;
  shared.on_exit = [this](const AttemptKey& name, absl::string_view how) {
    OnProcessExit(name, how);
  };
  ASSIGN_OR_RETURN(shared_, ProcessLauncher::Start(std::move(shared)));
  return absl::OkStatus();
}

void SharingLauncher::Shutdown() {
  if (own_ != nullptr) own_->Shutdown();
  if (shared_ != nullptr) shared_->Shutdown();
}

absl::StatusOr<int64_t> SharingLauncher::Launch(const AttemptKey& attempt, WorkerKind kind) {
  if (kind == WorkerKind::kOwn) return own_->Launch(attempt);
  absl::MutexLock lock(&mutex_);
  if (ProcessOf(attempt) != nullptr) {
    return absl::AlreadyExistsError(
        absl::StrCat("attempt ", attempt.DebugString(), " has a worker already"));
  }
  ASSIGN_OR_RETURN(Process * process, ProcessWithRoom());
  if (!Send(*process, attempt, false)) {
    // It has just ended: its listener will notice. The next one is new.
    process->closing = true;
    ASSIGN_OR_RETURN(process, StartProcess());
    if (!Send(*process, attempt, false)) {
      return absl::UnavailableError("the shared worker process takes no orders");
    }
  }
  process->attempts[attempt] = SteadyTime::max();
  ++process->taken_count;
  return process->pid;
}

void SharingLauncher::RequestStop(const AttemptKey& attempt, absl::Duration grace) {
  if (!StopShared(attempt, grace)) own_->RequestStop(attempt, grace);
}

void SharingLauncher::Kill(const AttemptKey& attempt) {
  if (!StopShared(attempt, limits_.shared_kill_grace)) own_->Kill(attempt);
}

bool SharingLauncher::StopShared(const AttemptKey& attempt, absl::Duration grace) {
  absl::MutexLock lock(&mutex_);
  Process* const process = ProcessOf(attempt);
  if (process == nullptr) return false;
  // When it does not take the order, the deadline does its work.
  Send(*process, attempt, true);
  SteadyTime& deadline = process->attempts[attempt];
  deadline = std::min(deadline, steady_clock::now() + absl::ToChronoMilliseconds(grace));
  eventfd_write(process->wake_fd, 1);
  return true;
}

SharingLauncher::Process* SharingLauncher::ProcessOf(const AttemptKey& attempt) {
  for (const auto& [unused, process] : processes_) {
    if (process->attempts.contains(attempt)) return process.get();
  }
  return nullptr;
}

bool SharingLauncher::HasRoom(const Process& process) const {
  if (process.closing || !process.kill_reason.empty()) return false;
  if (static_cast<int>(process.attempts.size()) >= limits_.shared_attempts_max) return false;
  if (process.taken_count >= limits_.shared_attempts_total_max) return false;
  // One that is being stopped may take the process down.
  return std::all_of(process.attempts.begin(), process.attempts.end(),
                     [](const auto& entry) { return entry.second == SteadyTime::max(); });
}

absl::StatusOr<SharingLauncher::Process*> SharingLauncher::ProcessWithRoom() {
  for (const auto& [unused, process] : processes_) {
    if (HasRoom(*process)) return process.get();
  }
  return StartProcess();
}

absl::StatusOr<SharingLauncher::Process*> SharingLauncher::StartProcess() {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) != 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("socketpair: ", std::generic_category().message(errno)));
  }
  const absl::Cleanup close_child_end = [&sockets] { close(sockets[1]); };
  absl::Cleanup close_own_end = [&sockets] { close(sockets[0]); };
  const int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("eventfd: ", std::generic_category().message(errno)));
  }
  absl::Cleanup close_wake = [wake_fd] { close(wake_fd); };
  const AttemptKey name{kSharedWorkers, ++process_count_};
  next_stdin_ = sockets[1];
  ASSIGN_OR_RETURN(const int64_t pid, shared_->Launch(name));
  std::move(close_own_end).Cancel();
  std::move(close_wake).Cancel();
  auto process = std::make_unique<Process>();
  process->name = name;
  process->pid = pid;
  process->socket = sockets[0];
  process->wake_fd = wake_fd;
  process->idle_since = steady_clock::now();
  Process* const started = process.get();
  processes_[name] = std::move(process);
  started->listener = std::thread([this, started] { Listen(*started); });
  return started;
}

bool SharingLauncher::Send(const Process& process, const AttemptKey& attempt, bool stop) {
  worker::v1::ShareOrder order;
  order.set_run_id(attempt.run_id);
  order.set_attempt(attempt.attempt);
  order.set_stop(stop);
  const std::string packet = order.SerializeAsString();
  return send(process.socket, packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(packet.size());
}

void SharingLauncher::Listen(Process& process) {
  std::string packet(kPacketBytesMax, '\0');
  while (true) {
    pollfd files[] = {{.fd = process.socket, .events = POLLIN, .revents = 0},
                      {.fd = process.wake_fd, .events = POLLIN, .revents = 0}};
    poll(files, 2, PollTimeout(LookAtTime(process)));
    eventfd_t ignored;
    eventfd_read(process.wake_fd, &ignored);
    const ssize_t count = recv(process.socket, packet.data(), packet.size(), MSG_DONTWAIT);
    if (count > 0) {
      HandleNote(process, absl::string_view(packet.data(), static_cast<size_t>(count)));
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
      return;
    }
  }
}

SharingLauncher::SteadyTime SharingLauncher::LookAtTime(Process& process) {
  absl::MutexLock lock(&mutex_);
  const SteadyTime now = steady_clock::now();
  SteadyTime wake_time = SteadyTime::max();
  if (process.attempts.empty() && !process.closing) {
    const SteadyTime end =
        process.idle_since + absl::ToChronoMilliseconds(limits_.shared_idle_timeout);
    if (end <= now || process.taken_count >= limits_.shared_attempts_total_max) {
      process.closing = true;
      shutdown(process.socket, SHUT_WR);
    } else {
      wake_time = end;
    }
  }
  for (const auto& [attempt, deadline] : process.attempts) {
    if (deadline <= now && process.kill_reason.empty()) {
      process.kill_reason = absl::StrCat("since ", attempt.DebugString(), " did not leave it");
      shared_->Kill(process.name);
    }
    if (process.kill_reason.empty()) wake_time = std::min(wake_time, deadline);
  }
  return wake_time;
}

void SharingLauncher::HandleNote(Process& process, absl::string_view packet) {
  worker::v1::ShareNote note;
  if (!note.ParseFromArray(packet.data(), static_cast<int>(packet.size()))) return;
  const AttemptKey attempt{note.run_id(), note.attempt()};
  {
    absl::MutexLock lock(&mutex_);
    if (process.attempts.erase(attempt) == 0) return;
    process.idle_since = steady_clock::now();
  }
  options_.on_exit(attempt, "left its shared process");
}

void SharingLauncher::OnProcessExit(const AttemptKey& name, absl::string_view how) {
  Process* ended = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    ended = processes_.find(name)->second.get();
    ended->closing = true;
  }
  // What it said before its end is heard first.
  ended->listener.join();
  std::unique_ptr<Process> process;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = processes_.find(name);
    process = std::move(found->second);
    processes_.erase(found);
  }
  close(process->socket);
  close(process->wake_fd);
  const std::string reason =
      absl::StrCat("went with its shared process: ", how, process->kill_reason.empty() ? "" : ", ",
                   process->kill_reason);
  for (const auto& [attempt, unused] : process->attempts) options_.on_exit(attempt, reason);
}

}  // namespace traind
