// A serving worker for tests whose model `poison` trips an assertion on the device, which
// spoils CUDA for the whole process; any other adds one to its input, on the device.

#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>

#include "server/torch/device.h"
#include "server/torch/torch_headers.h"
#include "server/worker_link/serving_server.h"

namespace {

class DeviceExecutor : public traind::Executor {
 public:
  DeviceExecutor(at::Device device, bool poison) : device_(device), poison_(poison) {}

  absl::StatusOr<traind::Prediction> Run(absl::Span<const absl::string_view> inputs,
                                         int64_t row_count) override {
    try {
      const auto floats = at::TensorOptions().device(device_).dtype(at::kFloat);
      if (poison_) {
        const at::Tensor far = at::full({1}, 1 << 20, floats.dtype(at::kLong));
        at::index_select(at::zeros({4}, floats), 0, far).cpu();
      }
      float value = 0;
      std::memcpy(&value, inputs[0].data(), sizeof(value));
      traind::Prediction prediction;
      prediction.row_count = row_count;
      prediction.class_count = 1;
      prediction.classes = {0};
      prediction.logits = {(at::full({1}, value, floats) + 1).item<float>()};
      prediction.probabilities = {1};
      return prediction;
    } catch (const std::exception& error) {
      return absl::InternalError(error.what());
    }
  }
  int64_t memory_bytes() const override { return 1; }

 private:
  const at::Device device_;
  const bool poison_;
};

class DeviceLoader : public traind::ExecutorLoader {
 public:
  explicit DeviceLoader(at::Device device) : device_(device) {}

  absl::StatusOr<std::unique_ptr<traind::Executor>> Load(const traind::v1::ModelVersion& version,
                                                         const std::string&) override {
    return std::make_unique<DeviceExecutor>(device_, version.model() == "poison");
  }

 private:
  const at::Device device_;
};

bool Works(at::Device device) {
  try {
    c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::string socket;
  std::string name;
  for (int i = 1; i + 1 < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--socket") socket = argv[i + 1];
    if (argument == "--device") name = argv[i + 1];
  }
  if (traind::ListDevices().size() < 2) return 1;
  const at::Device device(name);
  // Never destroyed: nothing on a failed device may be touched.
  auto& loader = *new DeviceLoader(device);
  auto server = traind::ServingServer::Start(
      {.socket_path = socket, .device_works = [device] { return Works(device); }}, loader);
  if (!server.ok()) return 2;
  (*server)->WaitForLostDevice();
  std::_Exit(3);
}
