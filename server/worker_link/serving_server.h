#ifndef TRAIND_SERVER_WORKER_LINK_SERVING_SERVER_H_
#define TRAIND_SERVER_WORKER_LINK_SERVING_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/serving/executor.h"

namespace traind {

// The worker's side of worker.v1.ServingService: loads and runs versions for the server
// that calls. A fixed number of threads run batches, each what it reads itself, and one
// more loads; gRPC's own threads never touch the tensor library. Thread-safe.
class ServingServer {
 public:
  struct Options {
    // Where to listen.
    std::string socket_path;
    // Batches at once, at least 1.
    int thread_count = 1;
    // Runs first on every thread that loads or runs, to prepare the tensor library there.
    std::function<void()> thread_start = {};
    // Asked after each error: false once the device has failed for good.
    std::function<bool()> device_works = [] { return true; };
  };

  // `loader` must outlive the server. UNAVAILABLE: cannot listen there.
  static absl::StatusOr<std::unique_ptr<ServingServer>> Start(Options options,
                                                              ExecutorLoader& loader);
  ServingServer(const ServingServer&) = delete;
  // As Shutdown, at once.
  ~ServingServer();

  // Blocks until the device has failed and what was under way has been answered; what
  // has not been within a second hangs, and is not waited for.
  void WaitForLostDevice();

  // No new calls; those in progress may end until the deadline, and are cut then. Returns
  // once the threads are done: not before a forward pass that hangs. Call once.
  void Shutdown(absl::Time deadline);

 private:
  class Service;
  explicit ServingServer(std::unique_ptr<Service> service);

  const std::unique_ptr<Service> service_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_WORKER_LINK_SERVING_SERVER_H_
