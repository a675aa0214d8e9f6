#ifndef TRAIND_SERVER_WORKERS_SHARING_LAUNCHER_H_
#define TRAIND_SERVER_WORKERS_SHARING_LAUNCHER_H_

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/limits.h"
#include "server/runs/worker_launcher.h"
#include "server/runs/worker_usage.h"
#include "server/workers/process_launcher.h"

namespace traind {

// Workers as child processes: one for each attempt, or, of the shared kind, one for up
// to Limits::shared_attempts_max attempts at once, each a thread of it (ADR 18). A
// shared process stays for the attempts to come; it ends when none came for a while, or
// when it has had many. An attempt that does not leave it in time takes all of its
// siblings down with it. Thread-safe.
class SharingLauncher : public WorkerLauncher {
 public:
  // `options` are those of workers with a process of their own. A shared worker runs as
  // `traind-worker --socket PATH --share`, with a socket for its orders as stdin; its
  // log is `<log_directory>/shared-workers/attempt-<n>.log`. Errors as
  // ProcessLauncher::Start.
  static absl::StatusOr<std::unique_ptr<SharingLauncher>> Start(ProcessLauncher::Options options,
                                                                const Limits& limits);

  SharingLauncher(const SharingLauncher&) = delete;
  ~SharingLauncher() override { Shutdown(); }

  // As ProcessLauncher's; of a shared worker the process id is that of its process.
  absl::StatusOr<int64_t> Launch(const AttemptKey& attempt, WorkerKind kind) override;
  void RequestStop(const AttemptKey& attempt, absl::Duration grace) override;
  void Kill(const AttemptKey& attempt) override;

  // What each living worker with a process of its own has used so far.
  std::vector<WorkerUsage> Usage() { return own_->Usage(); }
  // As ProcessLauncher::Shutdown.
  void Shutdown();

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  // One shared process.
  struct Process {
    AttemptKey name;  // among the shared processes
    int64_t pid = 0;
    int socket = -1;
    int wake_fd = -1;  // an eventfd: a deadline has changed
    // Until when each attempt must have left.
    std::map<AttemptKey, SteadyTime> attempts;
    int taken_count = 0;
    // Takes no more attempts, and is asked to exit.
    bool closing = false;
    SteadyTime idle_since;
    // Why it was ended, for people.
    std::string kill_reason;
    // Listens to the process until it has ended.
    std::thread listener;
  };

  explicit SharingLauncher(const Limits& limits, ProcessLauncher::Options options)
      : limits_(limits), options_(std::move(options)) {}
  absl::Status StartLaunchers();

  // The process that takes the next attempt; started when there is none.
  absl::StatusOr<Process*> ProcessWithRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasRoom(const Process& process) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<Process*> StartProcess() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Null when the attempt is in no shared process.
  Process* ProcessOf(const AttemptKey& attempt) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False when the process does not take it.
  bool Send(const Process& process, const AttemptKey& attempt, bool stop)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False when the attempt is in no shared process.
  bool StopShared(const AttemptKey& attempt, absl::Duration grace) ABSL_LOCKS_EXCLUDED(mutex_);

  // On the process's listener.
  void Listen(Process& process);
  // Ends what is overdue or idle; until when to wait for the next.
  SteadyTime LookAtTime(Process& process) ABSL_LOCKS_EXCLUDED(mutex_);
  void HandleNote(Process& process, absl::string_view packet) ABSL_LOCKS_EXCLUDED(mutex_);
  // The process has ended; its attempts are lost.
  void OnProcessExit(const AttemptKey& name, absl::string_view how) ABSL_LOCKS_EXCLUDED(mutex_);

  // Constant after construction.
  const Limits limits_;
  const ProcessLauncher::Options options_;
  // Each synchronises itself.
  std::unique_ptr<ProcessLauncher> own_;
  std::unique_ptr<ProcessLauncher> shared_;

  absl::Mutex mutex_;
  std::map<AttemptKey, std::unique_ptr<Process>> processes_ ABSL_GUARDED_BY(mutex_);
  int process_count_ ABSL_GUARDED_BY(mutex_) = 0;
  // Stdin of the process that is being started: set with the mutex held, read meanwhile by
  // the thread that starts it.
  int next_stdin_ = -1;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_SHARING_LAUNCHER_H_
