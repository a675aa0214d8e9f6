#ifndef TRAIND_SERVER_DATASETS_ARRAY_DATASET_H_
#define TRAIND_SERVER_DATASETS_ARRAY_DATASET_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "server/datasets/dataset_content.h"
#include "server/datasets/input_file.h"
#include "server/datasets/named_array.h"
#include "traind/v1/dataset.pb.h"

namespace traind {

// The arrays of .npy, .npz and .safetensors files. INVALID_ARGUMENT names the file and what
// is wrong with it; RESOURCE_EXHAUSTED past `bytes_max` in all.
absl::StatusOr<std::vector<NamedArray>> ReadArrays(const std::vector<InputFile>& files,
                                                   int64_t bytes_max);

// Makes a dataset of arrays. Inputs are called x, data, images or features, what is to be
// predicted y, label(s) or target(s), in either case; with the split before or after it, as
// `x_train` or `test_y`. Without a split in the name a file is the split that it is named
// for, or when there is only one, cut into the source's shares.
//
// Inputs [N, …] of U8 stay so, and are pixels: [N, H, W] and [N, H, W, C] with 1, 3 or 4
// channels become [N, 1, H, W] and [N, C, H, W]. Floats and narrow whole numbers become
// FP32, others FP64. What is to be predicted is a class if it is one whole number for each
// row, from 0, else numbers. INVALID_ARGUMENT names the array and, where a value is wrong,
// the row.
absl::StatusOr<DatasetContent> MakeArrayDataset(std::vector<NamedArray> arrays,
                                                const v1::DatasetSource& source);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_ARRAY_DATASET_H_
