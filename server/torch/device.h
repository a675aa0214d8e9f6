#ifndef TRAIND_SERVER_TORCH_DEVICE_H_
#define TRAIND_SERVER_TORCH_DEVICE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace traind {

// Devices of this machine: `cpu`, then `cuda:0`, `cuda:1`… The first call loads
// the CUDA half of the tensor library where there is one (libtorch_cuda.so beside
// libtorch_cpu.so); it must come before any other use of tensors in the process.
// Without it, or without a GPU, the answer is `cpu` alone. Thread-safe.
std::vector<std::string> ListDevices();

// The concrete name of a device as an execution asks for it: `cpu` (also when
// empty), `cuda` and `cuda:N`, or `auto`: the first GPU, else `cpu`. Looks for a
// GPU only when asked for one. FAILED_PRECONDITION names the devices there are;
// INVALID_ARGUMENT for any other text. Thread-safe.
absl::StatusOr<std::string> ResolveDevice(absl::string_view device);

// Threads that an execution's thread_count stands for: 0 is one per core that this
// process may use.
int ResolveThreadCount(int thread_count);

// Version of the tensor library, such as `2.11.0`.
std::string TorchVersion();

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_DEVICE_H_
