#include "server/torch/cuda/device_graph.h"

#include <dlfcn.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/torch/cuda/plugin.h"
#include "server/torch/device.h"

namespace traind {
namespace {

struct Plugin {
  MakeCudaGraph* make_graph = nullptr;
  absl::Status status;
};

Plugin LoadPlugin() {
  ListDevices();  // loads libtorch_cuda, whose symbols the plug-in needs
  void* const library = dlopen(kCudaPluginName, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return {nullptr, absl::FailedPreconditionError(absl::StrCat("no CUDA graphs: ", dlerror()))};
  }
  void* const symbol = dlsym(library, kMakeCudaGraphName);
  if (symbol == nullptr) {
    return {nullptr,
            absl::FailedPreconditionError(absl::StrCat(
                kCudaPluginName, " is of another version: it lacks ", kMakeCudaGraphName))};
  }
  return {reinterpret_cast<MakeCudaGraph*>(symbol), absl::OkStatus()};
}

}  // namespace

absl::StatusOr<std::unique_ptr<DeviceGraph>> MakeDeviceGraph(at::Device device) {
  static const Plugin plugin = LoadPlugin();
  if (!plugin.status.ok()) return plugin.status;
  return std::unique_ptr<DeviceGraph>(plugin.make_graph(device.index()));
}

}  // namespace traind
