#include "server/workers/import_process.h"

#include "server/workers/folder_task.h"

namespace traind {

absl::Status ImportProcess::Import(const std::string& folder) {
  return RunFolderTask({.worker_binary = worker_binary_,
                        .flag = "--import-dataset",
                        .folder = folder,
                        .timeout = timeout_,
                        .stop = stop_.get_token(),
                        .name = "reading the files"});
}

}  // namespace traind
