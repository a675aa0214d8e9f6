#include "server/workers/inspect_process.h"

#include "server/workers/folder_task.h"

namespace traind {

absl::Status InspectProcess::Inspect(const std::string& folder) {
  return RunFolderTask({.worker_binary = worker_binary_,
                        .flag = "--inspect-module",
                        .folder = folder,
                        .timeout = timeout_,
                        .stop = stop_.get_token(),
                        .name = "trying the module"});
}

}  // namespace traind
