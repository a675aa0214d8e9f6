#ifndef TRAIND_SERVER_TORCH_TRAIN_SPLIT_TENSORS_H_
#define TRAIND_SERVER_TORCH_TRAIN_SPLIT_TENSORS_H_

#include "server/datasets/split.h"
#include "server/torch/torch_headers.h"

namespace traind {

// The tensors of a split. On the CPU those that need no conversion share the split's
// memory, so that it must outlive them.

// Its rows, [N, …] of the split's element type: uint8 [N, C, H, W] for images.
at::Tensor RowsOn(const Split& split, at::Device device);

// Its labels, int64 [N]; empty with targets.
at::Tensor LabelsOn(const Split& split, at::Device device);

// Its targets, float64 [N, T]; [N, 0] with labels.
at::Tensor TargetsOn(const Split& split, at::Device device);

}  // namespace traind

#endif  // TRAIND_SERVER_TORCH_TRAIN_SPLIT_TENSORS_H_
