#ifndef TRAIND_SERVER_PREDICTION_EXECUTORS_H_
#define TRAIND_SERVER_PREDICTION_EXECUTORS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/limits.h"
#include "server/options.h"
#include "server/serving/divided_executor_loader.h"
#include "server/serving/serving_state.h"
#include "server/torch/infer/torch_executor.h"
#include "server/workers/remote_executor_loader.h"

namespace traind {

// Who loads versions for predictions, as the options say: in this process on the CPU, in a
// process apart on a GPU; modules, where they are allowed, in another one. Thread-safe once
// it is made.
class PredictionExecutors {
 public:
  struct Settings {
    // `auto` and 0 are resolved by `devices`: the devices that were found, `cpu` first.
    std::string device;
    int thread_count = 0;
    std::vector<std::string> devices;
    Limits limits;
    // For the sockets of processes apart.
    std::string socket_directory;
    // What tells a process how to log; asked at each start.
    std::function<std::vector<std::string>()> log_arguments;
    // A version went with its process. Called on other threads.
    std::function<void(const std::string& model, int64_t version, absl::string_view reason)>
        on_lost;
  };

  // FAILED_PRECONDITION for a device that is not there; else errors of the options.
  static absl::StatusOr<std::unique_ptr<PredictionExecutors>> Make(const ServerOptions& options,
                                                                   Settings settings);

  ExecutorLoader& loader() { return *loader_; }
  const std::string& device() const { return settings_.device; }
  int thread_count() const { return settings_.thread_count; }
  // Of the process that predicts apart, if one does.
  std::optional<ServingState::Worker> Usage() const;
  // Ends the processes.
  void Shutdown();

 private:
  PredictionExecutors(const ServerOptions& options, Settings settings);
  RemoteExecutorLoader::Options Remote(const std::string& device) const;

  const ServerOptions options_;
  const Settings settings_;
  // One of the two.
  std::unique_ptr<TorchExecutorLoader> own_;
  std::unique_ptr<RemoteExecutorLoader> remote_;
  std::unique_ptr<RemoteExecutorLoader> modules_;  // or null
  std::unique_ptr<DividedExecutorLoader> loader_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_PREDICTION_EXECUTORS_H_
