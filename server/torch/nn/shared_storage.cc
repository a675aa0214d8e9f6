#include "server/torch/nn/shared_storage.h"

#include <c10/util/strides.h>

#include <cstdint>

namespace traind {
namespace {

// The device's allocator rounds to as much; kernels are chosen by alignment.
constexpr int64_t kAlignmentBytes = 512;

int64_t PlaceOf(const at::Tensor& tensor) {
  const int64_t unit = kAlignmentBytes / static_cast<int64_t>(tensor.element_size());
  return (tensor.numel() + unit - 1) / unit * unit;
}

// Strides of a dense tensor. Those of channels_last are written out even where a
// side of 1 makes them the same as others: kernels choose their layout by them.
std::vector<int64_t> StridesIn(at::MemoryFormat format, at::IntArrayRef sizes) {
  if (sizes.size() == 4 && format == at::MemoryFormat::ChannelsLast) {
    return c10::get_channels_last_strides_2d(sizes);
  }
  const c10::DimVector strides = c10::contiguous_strides(sizes);
  return {strides.begin(), strides.end()};
}

}  // namespace

at::Tensor MoveIntoSharedStorage(const std::vector<at::Tensor>& tensors, at::MemoryFormat format) {
  int64_t size = 0;
  for (const at::Tensor& tensor : tensors) size += PlaceOf(tensor);
  const at::NoGradGuard no_grad;
  at::Tensor storage = at::zeros({size}, tensors.front().options());
  int64_t offset = 0;
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor place =
        storage.as_strided(tensor.sizes(), StridesIn(format, tensor.sizes()), offset);
    place.copy_(tensor);
    tensor.set_data(place);
    offset += PlaceOf(tensor);
  }
  return storage;
}

}  // namespace traind
