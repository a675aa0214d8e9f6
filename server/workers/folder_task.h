#ifndef TRAIND_SERVER_WORKERS_FOLDER_TASK_H_
#define TRAIND_SERVER_WORKERS_FOLDER_TASK_H_

#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace traind {

// Something that a worker process does with a folder: `<worker_binary> <flag> <folder>`.
// When that fails, it says so as the code's number, a blank and the message.
struct FolderTask {
  std::string worker_binary;
  // Such as `--import-dataset`.
  std::string flag;
  std::string folder;
  absl::Duration timeout;
  std::stop_token stop;
  // What it does, for messages: "reading the files".
  std::string name;
};

// Runs the task beside trainings and waits for its end. The process's own words;
// RESOURCE_EXHAUSTED when it takes too long, UNAVAILABLE when asked to stop, INTERNAL when
// the process was lost. Thread-safe.
absl::Status RunFolderTask(const FolderTask& task);

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_FOLDER_TASK_H_
