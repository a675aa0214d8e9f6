#ifndef TRAIND_SERVER_TORCH_TRAIN_IMAGE_TENSORS_H_
#define TRAIND_SERVER_TORCH_TRAIN_IMAGE_TENSORS_H_

#include "server/datasets/image_dataset.h"
#include "server/torch/torch_headers.h"

namespace traind {

// A split's images, uint8 [N, C, H, W]. On the CPU they share the split's memory,
// so that it must outlive them.
at::Tensor ImagesOn(const ImageSplit& split, at::Device device);

// A split's labels, int64 [N].
at::Tensor LabelsOn(const ImageSplit& split, at::Device device);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_IMAGE_TENSORS_H_
