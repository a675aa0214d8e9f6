#ifndef TRAIND_SERVER_WORKER_SOCKET_H_
#define TRAIND_SERVER_WORKER_SOCKET_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace traind {

// The place of the Unix socket that workers attach to: in the data directory, or
// in a private temporary folder when that path is too long for a socket's name
// (108 bytes). Such a folder goes with this object.
class WorkerSocket {
 public:
  static absl::StatusOr<std::unique_ptr<WorkerSocket>> Choose(const std::string& data_dir);
  WorkerSocket(const WorkerSocket&) = delete;
  ~WorkerSocket();

  const std::string& path() const { return path_; }

 private:
  WorkerSocket(std::string path, std::string temporary_folder);

  const std::string path_;
  const std::string temporary_folder_;  // empty: none
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKER_SOCKET_H_
