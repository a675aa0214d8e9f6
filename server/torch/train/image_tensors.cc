#include "server/torch/train/image_tensors.h"

namespace traind {
namespace {

at::Tensor View(const std::vector<uint8_t>& bytes, at::IntArrayRef sizes) {
  // ATen knows no read-only tensors; nothing here writes to it.
  return at::from_blob(const_cast<uint8_t*>(bytes.data()), sizes, at::kByte);
}

}  // namespace

at::Tensor ImagesOn(const ImageSplit& split, at::Device device) {
  const ImageSplitShape& shape = split.shape;
  return View(split.images, {shape.row_count, shape.channels, shape.height, shape.width})
      .to(device);
}

at::Tensor LabelsOn(const ImageSplit& split, at::Device device) {
  return View(split.labels, {split.shape.row_count}).to(device, at::kLong);
}

}  // namespace traind
