#include "server/workers/remote_executor_loader.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "server/base/status_macros.h"
#include "server/workers/remote_executor.h"
#include "server/workers/serving_worker.h"

namespace traind {
namespace {

ServingWorker::Options WorkerOptions(const RemoteExecutorLoader::Options& options) {
  ServingWorker::Options worker;
  worker.worker_binary = options.worker_binary;
  worker.more_arguments = options.more_arguments;
  worker.socket_prefix = absl::StrCat(options.socket_directory, "/", options.socket_name,
                                      absl::StrReplaceAll(options.device, {{":", "-"}}));
  worker.device = options.device;
  worker.thread_count = options.thread_count;
  worker.limits = options.limits;
  worker.on_lost = [on_lost = options.on_lost](const ServingLink::Loaded& loaded,
                                               absl::string_view reason) {
    if (on_lost) on_lost(loaded.model, loaded.version, reason);
  };
  worker.on_start = options.on_start;
  worker.on_end = options.on_end;
  return worker;
}

}  // namespace

RemoteExecutorLoader::RemoteExecutorLoader(Options options)
    : options_(std::move(options)),
      worker_(std::make_unique<ServingWorker>(WorkerOptions(options_))) {}

RemoteExecutorLoader::~RemoteExecutorLoader() = default;

absl::StatusOr<std::unique_ptr<Executor>> RemoteExecutorLoader::Load(
    const v1::ModelVersion& version, const std::string& directory) {
  ASSIGN_OR_RETURN(const std::shared_ptr<ServingLink> link, worker_->Acquire());
  const absl::Cleanup release = [this] { worker_->Release(); };
  ASSIGN_OR_RETURN(ServingLink::Loaded loaded, link->Load(version, directory));
  auto tell_lost = [this, link = link.get(), loaded] {
    if (options_.on_lost && !shut_down_)
      options_.on_lost(loaded.model, loaded.version, link->broken());
  };
  return std::make_unique<RemoteExecutor>(link, std::move(loaded), std::move(tell_lost));
}

ServingState::Worker RemoteExecutorLoader::Usage() const { return worker_->Usage(); }

void RemoteExecutorLoader::Shutdown() {
  shut_down_ = true;
  worker_->Shutdown();
}

}  // namespace traind
