#include "server/prediction_executors.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/logging.h"
#include "server/predict_log.h"
#include "server/torch/device.h"

namespace traind {
namespace {

ExecutorOptions OwnExecutors(const ServerOptions& options, int thread_count) {
  ExecutorOptions executors;
  if (options.predict_precision == "bf16") executors.precision = v1::PRECISION_BF16;
  executors.thread_count = thread_count;
  executors.on_loaded = LogLoadedModel;
  return executors;
}

std::vector<std::string> With(std::vector<std::string> arguments,
                              std::initializer_list<std::string> more) {
  arguments.insert(arguments.end(), more);
  return arguments;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PredictionExecutors>> PredictionExecutors::Make(
    const ServerOptions& options, Settings settings) {
  const std::vector<std::string>& devices = settings.devices;
  if (settings.device == "auto") settings.device = devices.size() > 1 ? devices[1] : "cpu";
  if (std::find(devices.begin(), devices.end(), settings.device) == devices.end()) {
    return absl::FailedPreconditionError(
        absl::StrCat("--predict-device ", settings.device,
                     ": not found, this machine has: ", absl::StrJoin(devices, ", ")));
  }
  ASSIGN_OR_RETURN(
      settings.thread_count,
      ResolvePredictThreads(settings.thread_count, settings.device, ResolveThreadCount(0)));
  return std::unique_ptr<PredictionExecutors>(
      new PredictionExecutors(options, std::move(settings)));
}

PredictionExecutors::PredictionExecutors(const ServerOptions& options, Settings settings)
    : options_(options), settings_(std::move(settings)) {
  ExecutorLoader* for_layers = nullptr;
  if (settings_.device == "cpu" && !options_.predict_apart) {
    own_ = std::make_unique<TorchExecutorLoader>(OwnExecutors(options_, settings_.thread_count));
    for_layers = own_.get();
  } else {
    RemoteExecutorLoader::Options remote = Remote(settings_.device);
    remote.more_arguments = [this] {
      return With(settings_.log_arguments(), {"--precision", options_.predict_precision});
    };
    remote_ = std::make_unique<RemoteExecutorLoader>(std::move(remote));
    for_layers = remote_.get();
  }
  if (options_.allow_modules) {
    RemoteExecutorLoader::Options remote = Remote("cpu");
    remote.socket_name = "modules-";
    remote.more_arguments = [this] { return With(settings_.log_arguments(), {"--allow-modules"}); };
    modules_ = std::make_unique<RemoteExecutorLoader>(std::move(remote));
  }
  loader_ = std::make_unique<DividedExecutorLoader>(*for_layers, modules_.get());
}

RemoteExecutorLoader::Options PredictionExecutors::Remote(const std::string& device) const {
  RemoteExecutorLoader::Options remote;
  remote.worker_binary = options_.worker;
  remote.socket_directory = settings_.socket_directory;
  remote.device = device;
  remote.thread_count = settings_.thread_count;
  remote.limits = settings_.limits;
  remote.on_lost = settings_.on_lost;
  remote.on_start = [device](int64_t pid) {
    Log(LogLevel::kInfo, "serving worker started",
        {{"device", device}, {"pid", absl::StrCat(pid)}});
  };
  remote.on_end = [device](int64_t pid, absl::string_view how) {
    Log(LogLevel::kWarning, "serving worker ended",
        {{"device", device}, {"pid", absl::StrCat(pid)}, {"how", std::string(how)}});
  };
  return remote;
}

std::optional<ServingState::Worker> PredictionExecutors::Usage() const {
  if (remote_ == nullptr) return std::nullopt;
  return remote_->Usage();
}

void PredictionExecutors::Shutdown() {
  if (remote_ != nullptr) remote_->Shutdown();
  if (modules_ != nullptr) modules_->Shutdown();
}

}  // namespace traind
