#include "server/torch/device.h"

#include <dlfcn.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/torch/torch_headers.h"

namespace traind {
namespace {

// The library registers its kernels as it is loaded. It stays loaded: kernels
// cannot be taken back.
int LoadCudaAndCountDevices() {
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) return 0;
  try {
    return at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
  } catch (const c10::Error&) {
    return 0;  // the library is there, the driver is not
  }
}

int CudaDeviceCount() {
  static const int count = LoadCudaAndCountDevices();
  return count;
}

}  // namespace

std::vector<std::string> ListDevices() {
  std::vector<std::string> devices = {"cpu"};
  for (int i = 0; i < CudaDeviceCount(); ++i) devices.push_back(absl::StrCat("cuda:", i));
  return devices;
}

absl::StatusOr<std::string> ResolveDevice(absl::string_view device) {
  if (device.empty() || device == "cpu") return "cpu";
  if (device == "auto") return ListDevices().size() > 1 ? "cuda:0" : "cpu";
  absl::string_view index = device;
  int number = 0;
  if (device != "cuda" &&
      (!absl::ConsumePrefix(&index, "cuda:") || !absl::SimpleAtoi(index, &number) || number < 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("device: expected `cpu`, `cuda`, `cuda:N` or `auto`, got `", device, "`"));
  }
  const std::string name = absl::StrCat("cuda:", number);
  const std::vector<std::string> devices = ListDevices();
  if (std::find(devices.begin(), devices.end(), name) == devices.end()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "device ", device, ": not found, this machine has: ", absl::StrJoin(devices, ", ")));
  }
  return name;
}

int ResolveThreadCount(int thread_count) {
  if (thread_count > 0) return thread_count;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::string TorchVersion() {
  return absl::StrCat(TORCH_VERSION_MAJOR, ".", TORCH_VERSION_MINOR, ".", TORCH_VERSION_PATCH);
}

}  // namespace traind
