#ifndef TRAIND_SERVER_TORCH_CUDA_PLUGIN_H_
#define TRAIND_SERVER_TORCH_CUDA_PLUGIN_H_

#include "server/torch/cuda/device_graph.h"

namespace traind {

// What needs CUDA's own headers lies in a shared library, which is opened where a
// device is; everything else runs through the tensor library's own seams.
inline constexpr char kCudaPluginName[] = "libtraind_cuda.so";

// The plug-in's functions, and their types: a graph on a device, owned by the caller…
inline constexpr char kMakeCudaGraphName[] = "traind_make_cuda_graph";
using MakeCudaGraph = DeviceGraph*(int device);

// … and what kind of card a device is, such as `NVIDIA H100 80GB HBM3`. Valid while the
// process lives.
inline constexpr char kCudaDeviceKindName[] = "traind_cuda_device_kind";
using CudaDeviceKind = const char*(int device);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_CUDA_PLUGIN_H_
