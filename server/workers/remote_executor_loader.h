#ifndef TRAIND_SERVER_WORKERS_REMOTE_EXECUTOR_LOADER_H_
#define TRAIND_SERVER_WORKERS_REMOTE_EXECUTOR_LOADER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/limits.h"
#include "server/serving/executor.h"
#include "server/serving/serving_state.h"

namespace traind {

class ServingWorker;

// Loads versions into a worker process of its own, for a device whose errors spoil the
// process that meets them. When the process is lost, what is under way in it is
// UNAVAILABLE, each version that was loaded in it is told, and the next Load starts
// another one. Thread-safe.
class RemoteExecutorLoader : public ExecutorLoader {
 public:
  struct Options {
    // The program; run with what more_arguments gives at that time, which may be empty
    // and must not block.
    std::string worker_binary;
    std::function<std::vector<std::string>()> more_arguments = {};
    // A directory that only this user can reach.
    std::string socket_directory;
    // `cpu` or `cuda:N`.
    std::string device;
    // Begins the names of its sockets, to tell several loaders of a device apart.
    std::string socket_name = {};
    // How many threads call executors.
    int thread_count = 1;
    Limits limits;
    // Told of each version that was loaded in a lost process. As the next two, it is
    // called on a thread of the loader, must not block, and may be empty. It may come
    // while that version is loaded again already; once more is harmless.
    std::function<void(const std::string& model, int64_t version, absl::string_view reason)>
        on_lost = {};
    // Told of each start of a process, and of each end before Shutdown.
    std::function<void(int64_t pid)> on_start = {};
    std::function<void(int64_t pid, absl::string_view how)> on_end = {};
  };

  explicit RemoteExecutorLoader(Options options);
  // The executors must be gone.
  ~RemoteExecutorLoader() override;

  // Blocks until the process is ready and has loaded the version. Also UNAVAILABLE: the
  // process cannot be started, or was lost meanwhile.
  absl::StatusOr<std::unique_ptr<Executor>> Load(const v1::ModelVersion& version,
                                                 const std::string& directory) override;

  std::string device() const override { return options_.device; }

  // What its processes have used since the start; quick.
  ServingState::Worker Usage() const;

  // Ends the process, and with UNAVAILABLE what is under way. Nothing is told any more.
  // Nothing happens the second time.
  void Shutdown();

 private:
  const Options options_;
  const std::unique_ptr<ServingWorker> worker_;
  std::atomic<bool> shut_down_ = false;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_REMOTE_EXECUTOR_LOADER_H_
