#ifndef TRAIND_SERVER_WORKERS_PROCESS_LAUNCHER_H_
#define TRAIND_SERVER_WORKERS_PROCESS_LAUNCHER_H_

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/runs/worker_launcher.h"
#include "server/runs/worker_usage.h"
#include "server/workers/dispatcher.h"

namespace traind {

// Workers as child processes of this one. One permanent thread starts, stops and
// reaps all of them: a child dies with the thread that made it, and a process id
// is never signalled after it was reaped. Thread-safe.
class ProcessLauncher {
 public:
  struct Options {
    // Run as `traind-worker --socket PATH --run RUN --attempt N`, then what
    // more_arguments gives at that time; it may be empty and must not block.
    std::string worker_binary;
    // In place of `--run RUN --attempt N`, unless empty: for workers that are named
    // otherwise. Must not block.
    std::function<std::vector<std::string>(const AttemptKey&)> name_arguments = {};
    // What becomes the worker's stdin; empty or -1: /dev/null. The file stays the caller's.
    std::function<int(const AttemptKey&)> stdin_of = {};
    std::function<std::vector<std::string>()> more_arguments = {};
    std::string socket_path;
    // How much less important than the server a worker is.
    int nice_increment = 10;
    // A worker's output goes to `<log_directory>/<run>/attempt-<n>.log`; empty, or
    // when that cannot be written: where the server's own goes.
    std::string log_directory;
    // Passes a stop on to an attached worker; may be empty. Must not block.
    std::function<void(const AttemptKey&, absl::Duration grace)> send_stop;
    // Told before on_exit, on the same thread, what the worker has used in all; may be empty.
    std::function<void(const WorkerUsage&)> on_final_usage = {};
    // Told of the exit of each worker that Launch has started, exactly once, on a
    // thread of its own: it may block and may call Launch.
    std::function<void(const AttemptKey&, absl::string_view how)> on_exit;
  };

  // UNIMPLEMENTED on a kernel without pidfd_open (Linux before 5.3).
  static absl::StatusOr<std::unique_ptr<ProcessLauncher>> Start(Options options);

  ProcessLauncher(const ProcessLauncher&) = delete;
  ~ProcessLauncher() { Shutdown(); }

  // Waits only for the program to be loaded. An error means that no worker came
  // to be, and no exit is told: NOT_FOUND or PERMISSION_DENIED for the binary,
  // ALREADY_EXISTS when the attempt has a worker, UNAVAILABLE after Shutdown.
  absl::StatusOr<int64_t> Launch(const AttemptKey& attempt);

  // Sends the stop, and SIGTERM to workers that are not attached yet; SIGKILL to
  // the worker's process group after `grace`.
  void RequestStop(const AttemptKey& attempt, absl::Duration grace);

  // SIGKILL to the worker's process group.
  void Kill(const AttemptKey& attempt);

  // What each living worker has used so far; none after Shutdown.
  std::vector<WorkerUsage> Usage();

  // Kills every worker, tells their exits and ends the threads. Call before what
  // on_exit uses goes away. Nothing happens the second time.
  void Shutdown();

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Child {
    pid_t pid;
    int pidfd;                                        // readable once the process has ended
    absl::Duration grace = absl::InfiniteDuration();  // as it was asked to stop
    SteadyTime kill_time = SteadyTime::max();         // end of its grace
    bool overdue = false;                             // it was killed at kill_time
  };

  ProcessLauncher(Options options, int wake_fd);

  // Has the supervisor thread run `command`; false after Shutdown.
  bool Post(std::function<void()> command);

  // The rest runs on the supervisor thread.
  void SupervisorLoop();
  // Runs what was posted; false when it is time to go.
  bool RunCommands();
  void WaitForSomething();
  void KillOverdue();
  void ReapEnded();
  struct Ending {
    std::string how;          // for people
    absl::Duration cpu_time;  // all that it has used
  };
  // How the child has ended; nothing while it runs.
  static std::optional<Ending> ReapIfEnded(const Child& child);
  void KillAll();
  absl::StatusOr<int64_t> LaunchNow(const AttemptKey& attempt);

  // Constant after construction.
  const Options options_;
  const int wake_fd_;  // an eventfd: wakes the supervisor

  absl::Mutex mutex_;
  std::deque<std::function<void()>> commands_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  // Of the supervisor thread alone.
  std::map<AttemptKey, Child> children_;

  // Tells exits; apart from the supervisor, because a listener may call Launch.
  std::unique_ptr<Dispatcher> exit_dispatcher_;
  std::thread supervisor_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_PROCESS_LAUNCHER_H_
