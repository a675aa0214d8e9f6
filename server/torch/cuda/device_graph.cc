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
  CudaDeviceKind* device_kind = nullptr;
  absl::Status status;
};

Plugin LoadPlugin() {
  ListDevices();  // loads libtorch_cuda, whose symbols the plug-in needs
  Plugin plugin;
  void* const library = dlopen(kCudaPluginName, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    plugin.status = absl::FailedPreconditionError(absl::StrCat("no CUDA graphs: ", dlerror()));
    return plugin;
  }
  plugin.make_graph = reinterpret_cast<MakeCudaGraph*>(dlsym(library, kMakeCudaGraphName));
  plugin.device_kind = reinterpret_cast<CudaDeviceKind*>(dlsym(library, kCudaDeviceKindName));
  if (plugin.make_graph == nullptr || plugin.device_kind == nullptr) {
    plugin.status = absl::FailedPreconditionError(
        absl::StrCat(kCudaPluginName, " is of another version: it lacks ", kMakeCudaGraphName,
                     " or ", kCudaDeviceKindName, "; install the one of this build"));
  }
  return plugin;
}

const Plugin& LoadedPlugin() {
  static const Plugin plugin = LoadPlugin();
  return plugin;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DeviceGraph>> MakeDeviceGraph(at::Device device) {
  const Plugin& plugin = LoadedPlugin();
  if (!plugin.status.ok()) return plugin.status;
  return std::unique_ptr<DeviceGraph>(plugin.make_graph(device.index()));
}

std::string DeviceKind(at::Device device) {
  if (device.is_cpu()) return "cpu";
  const Plugin& plugin = LoadedPlugin();
  if (!plugin.status.ok()) return "cuda";
  return absl::StrCat("cuda ", plugin.device_kind(device.index()));
}

}  // namespace traind
