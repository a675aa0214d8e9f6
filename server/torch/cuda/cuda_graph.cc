#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>

#include "server/torch/cuda/plugin.h"

namespace traind {
namespace {

class CudaGraph : public DeviceGraph {
 public:
  explicit CudaGraph(int device) : device_(static_cast<c10::DeviceIndex>(device)) {}

  void Capture(absl::Span<const at::Generator> generators,
               const std::function<void()>& enqueue) override {
    const c10::cuda::CUDAGuard guard(device_);
    for (const at::Generator& generator : generators) graph_.register_generator_state(generator);
    // Other threads may go on using the device meanwhile.
    graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      enqueue();
    } catch (...) {
      AbandonCapture();
      throw;
    }
    graph_.capture_end();
  }

  void Launch() override {
    const c10::cuda::CUDAGuard guard(device_);
    graph_.replay();
  }

 private:
  // The stream must not stay in capture; the error that led here is the one to tell.
  void AbandonCapture() {
    try {
      graph_.capture_end();
    } catch (const c10::Error&) {
      return;
    }
  }

  const c10::DeviceIndex device_;
  at::cuda::CUDAGraph graph_;
};

}  // namespace
}  // namespace traind

extern "C" __attribute__((visibility("default"))) traind::DeviceGraph* traind_make_cuda_graph(
    int device) {
  return new traind::CudaGraph(device);
}

extern "C" __attribute__((visibility("default"))) const char* traind_cuda_device_kind(int device) {
  return at::cuda::getDeviceProperties(static_cast<c10::DeviceIndex>(device))->name;
}
