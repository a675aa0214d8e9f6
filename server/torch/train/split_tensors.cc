#include "server/torch/train/split_tensors.h"

#include <vector>

namespace traind {
namespace {

template <typename Value>
at::Tensor View(const std::vector<Value>& values, at::IntArrayRef sizes, at::ScalarType type) {
  // ATen knows no read-only tensors; nothing here writes to it.
  return at::from_blob(const_cast<Value*>(values.data()), sizes, type);
}

at::ScalarType ToScalarType(ElementType type) {
  switch (type) {
    case ElementType::kUint8:
      return at::kByte;
    case ElementType::kFloat32:
      return at::kFloat;
    case ElementType::kFloat64:
      return at::kDouble;
  }
  return at::kByte;
}

}  // namespace

at::Tensor RowsOn(const Split& split, at::Device device) {
  std::vector<int64_t> sizes = {split.shape.row_count};
  sizes.insert(sizes.end(), split.shape.row_shape.begin(), split.shape.row_shape.end());
  return View(split.values, sizes, ToScalarType(split.shape.element_type)).to(device);
}

at::Tensor LabelsOn(const Split& split, at::Device device) {
  return View(split.labels, {static_cast<int64_t>(split.labels.size())}, at::kLong).to(device);
}

at::Tensor TargetsOn(const Split& split, at::Device device) {
  return View(split.targets, {split.shape.row_count, split.shape.target_count}, at::kDouble)
      .to(device);
}

}  // namespace traind
