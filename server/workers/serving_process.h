#ifndef TRAIND_SERVER_WORKERS_SERVING_PROCESS_H_
#define TRAIND_SERVER_WORKERS_SERVING_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace traind {

// One life of a serving worker: a child process with its end. Of one thread, which must
// live as long: the child dies with it.
class ServingProcess {
 public:
  // Path of the program, then its arguments. Errors as SpawnChild's; RESOURCE_EXHAUSTED
  // when the child cannot be watched.
  static absl::StatusOr<std::unique_ptr<ServingProcess>> Start(std::vector<std::string> argv);
  ServingProcess(const ServingProcess&) = delete;
  // Ends it.
  ~ServingProcess();

  pid_t pid() const { return pid_; }
  // A file that becomes readable when the process has ended.
  int end_fd() const { return end_fd_; }
  bool HasEnded() const;

  // Kills the process, with what it has started, unless it has ended by itself; tells
  // how it has ended, for people. Call once.
  std::string End();

 private:
  ServingProcess(pid_t pid, int end_fd) : pid_(pid), end_fd_(end_fd) {}

  const pid_t pid_;
  const int end_fd_;
  bool reaped_ = false;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_SERVING_PROCESS_H_
