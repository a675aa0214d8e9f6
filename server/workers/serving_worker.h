#ifndef TRAIND_SERVER_WORKERS_SERVING_WORKER_H_
#define TRAIND_SERVER_WORKERS_SERVING_WORKER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/base/limits.h"
#include "server/serving/serving_state.h"
#include "server/workers/serving_link.h"
#include "server/workers/serving_process.h"

namespace traind {

// The worker process that predicts on one device: started when it is needed, watched,
// ended when it hangs or has nothing loaded for a while. One thread starts, watches and
// reaps: a child dies with the thread that made it. Thread-safe.
class ServingWorker {
 public:
  struct Options {
    // Run as `traind-worker --serve --socket PATH --device DEVICE --threads N`, then what
    // more_arguments gives at that time; it may be empty and must not block.
    std::string worker_binary;
    std::function<std::vector<std::string>()> more_arguments = {};
    // PATH is `<socket_prefix>-<n>.sock`, another one for each process.
    std::string socket_prefix;
    std::string device;
    // Batches at once.
    int thread_count = 1;
    Limits limits;
    // Told of each version that was loaded in a process that is lost, before another one
    // is started. Like the next two: must not block, may be empty.
    std::function<void(const ServingLink::Loaded&, absl::string_view reason)> on_lost = {};
    // Told of each start of a process, and of each end before Shutdown.
    std::function<void(int64_t pid)> on_start = {};
    std::function<void(int64_t pid, absl::string_view how)> on_end = {};
  };

  explicit ServingWorker(Options options);
  ServingWorker(const ServingWorker&) = delete;
  ~ServingWorker() { Shutdown(); }

  // The line to a process that is ready; it is started when there is none, which blocks:
  // after processes that did not last for at most Limits::serving_restart_delay_max more.
  // The process stays at least until Release. UNAVAILABLE: it did not become ready, or
  // the server is shutting down; NOT_FOUND, PERMISSION_DENIED for the binary.
  absl::StatusOr<std::shared_ptr<ServingLink>> Acquire();
  // Once for each good Acquire.
  void Release();

  // What its processes have used since the start; quick.
  ServingState::Worker Usage() const;

  // Ends the process, and what is under way with UNAVAILABLE; nothing is told any more.
  // Nothing happens the second time.
  void Shutdown();

 private:
  using SteadyClock = std::chrono::steady_clock;
  using SteadyTime = SteadyClock::time_point;

  // Whether to wait no longer: a process is ready, or a try after the first `tries` is over.
  bool HasOutcome(int64_t tries) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || (is_ready_ && link_->broken().empty()) || tries_ > tries;
  }
  // Makes the thread look around.
  void Wake() const;
  // The rest runs on the thread.
  void Loop();
  void WaitUntilWanted();
  void StartProcess();
  absl::Status MakeReady();
  absl::Status WaitForSocket(SteadyTime deadline);
  void Watch();
  // What is wrong with the process, for people; empty: nothing.
  std::string FindTrouble();
  // True when it was idle for long enough, and is not any more to be had.
  bool RetireIdle();
  // Ends the process, and tells what was lost with it.
  void Lose(absl::string_view trouble);
  // Breaks the link and ends the process; tells how it ended.
  std::string EndProcess(absl::string_view trouble);
  void DelayNextStart();
  bool IsStopping() const;
  std::shared_ptr<ServingLink> link() const;
  // Returns when woken, when the process has ended, or when the time has come.
  void WaitForSomething(SteadyTime until);

  // Constant after construction.
  const Options options_;
  const int wake_fd_;  // an eventfd

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;                    // for a process
  int acquired_ ABSL_GUARDED_BY(mutex_) = 0;                   // and not released
  int64_t tries_ ABSL_GUARDED_BY(mutex_) = 0;                  // starts that went well or badly
  absl::Status try_status_ ABSL_GUARDED_BY(mutex_);            // of the newest
  std::shared_ptr<ServingLink> link_ ABSL_GUARDED_BY(mutex_);  // to the process, if any
  bool is_ready_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t pid_ ABSL_GUARDED_BY(mutex_) = 0;                // 0: none, or about to be reaped
  absl::Duration ended_cpu_time_ ABSL_GUARDED_BY(mutex_);  // of processes before it

  // Of the thread alone.
  std::unique_ptr<ServingProcess> process_;
  int start_number_ = 0;
  std::string socket_path_;  // of the newest process
  SteadyTime start_time_;
  SteadyTime next_start_;       // not before
  absl::Duration start_delay_;  // the newest
  SteadyTime next_check_;
  SteadyTime idle_since_ = SteadyTime::max();

  std::thread thread_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_SERVING_WORKER_H_
