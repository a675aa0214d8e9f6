#ifndef TRAIND_SERVER_WORKER_SERVING_H_
#define TRAIND_SERVER_WORKER_SERVING_H_

#include <string>

namespace traind {

// What `traind-worker --serve` is told.
struct ServingOrder {
  // Where to listen for the server.
  std::string socket;
  // Where to compute: `cpu` or `cuda:N`.
  std::string device = "cpu";
  // `fp32` or `bf16`.
  std::string precision = "fp32";
  // Batches at once, at least 1.
  int thread_count = 1;
  // Whether modules may run here.
  bool allow_modules = false;
};

// The code that a serving worker exits with when its device has failed.
inline constexpr int kLostDeviceExitCode = 3;

// Serves versions on the device until that fails; the process is to end with the
// returned code then, at once: what is on a failed device cannot be freed.
int ServeVersions(const ServingOrder& order);

}  // namespace traind

#endif  // TRAIND_SERVER_WORKER_SERVING_H_
