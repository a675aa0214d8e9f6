#ifndef TRAIND_SERVER_WORKERS_WORKER_SERVER_H_
#define TRAIND_SERVER_WORKERS_WORKER_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/limits.h"
#include "server/runs/attempt_handler.h"

namespace traind {

// Where workers attach: the worker service on a Unix socket that only this user
// can reach. RequestStop is thread-safe.
class WorkerServer {
 public:
  struct Options {
    // Created with mode 0700 if need be, else set to it; holds the socket.
    std::string socket_directory;
    Limits limits;
  };

  // `handler` must outlive the server. INVALID_ARGUMENT when the socket's path is
  // too long for the kernel (107 bytes); PERMISSION_DENIED when the directory
  // cannot be had for this user alone.
  static absl::StatusOr<std::unique_ptr<WorkerServer>> Start(const Options& options,
                                                             AttemptHandler& handler);
  // The socket's path in a directory, known before the server is started.
  static std::string SocketPath(const std::string& socket_directory);

  WorkerServer(const WorkerServer&) = delete;
  // As Shutdown, at once.
  ~WorkerServer();

  // Asks an attached worker to stop within `grace`. Nothing happens when the
  // attempt has no worker attached. Does not block.
  void RequestStop(const AttemptKey& attempt, absl::Duration grace);

  // No new streams; those there are may end until the deadline, then are cut.
  // Returns when all are gone and the handler is not called any more.
  void Shutdown(absl::Time deadline);

 private:
  class Service;
  explicit WorkerServer(std::string socket_path);

  const std::string socket_path_;
  std::unique_ptr<Service> service_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_WORKER_SERVER_H_
