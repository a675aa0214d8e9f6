#ifndef TRAIND_SERVER_TORCH_CUDA_DEVICE_GRAPH_H_
#define TRAIND_SERVER_TORCH_CUDA_DEVICE_GRAPH_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/torch/torch_headers.h"

namespace traind {

// A recording of work on a CUDA device that is launched as a whole: what costs a call
// per kernel otherwise costs one. Not thread-safe.
class DeviceGraph {
 public:
  virtual ~DeviceGraph() = default;

  // Records what `enqueue` puts on the current stream, which must not be the device's
  // default one; nothing of it runs. The same work must have run before, so that
  // handles, plans and memory are there. Every tensor that it reads or writes must live
  // as long as the graph, at its place. Numbers drawn from `generators` go on from
  // launch to launch. Once per graph. Throws c10::Error.
  virtual void Capture(absl::Span<const at::Generator> generators,
                       const std::function<void()>& enqueue) = 0;

  // Puts the recording on the current stream; does not wait for it. Throws c10::Error.
  virtual void Launch() = 0;
};

// A graph for `device`, a CUDA one that ListDevices has named. FAILED_PRECONDITION says
// what is missing: the plug-in libtraind_cuda.so, or what it needs.
absl::StatusOr<std::unique_ptr<DeviceGraph>> MakeDeviceGraph(at::Device device);

// What kind of device it is, for what must not change under a training: `cpu`, `cuda
// NVIDIA H100 80GB HBM3`, or `cuda` alone without the plug-in. Throws c10::Error.
std::string DeviceKind(at::Device device);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_CUDA_DEVICE_GRAPH_H_
