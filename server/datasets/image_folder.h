#ifndef TRAIND_SERVER_DATASETS_IMAGE_FOLDER_H_
#define TRAIND_SERVER_DATASETS_IMAGE_FOLDER_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "server/datasets/dataset_content.h"
#include "server/datasets/input_file.h"
#include "traind/v1/dataset.pb.h"

namespace traind {

// Makes a dataset of PNG and JPEG files that are called CLASS/… and cut into the source's
// shares, or SPLIT/CLASS/…. Rows are U8 [C, H, W]; grey ones among colours become colours.
// Classes are the folders' names in order. INVALID_ARGUMENT names the file: not a picture,
// damaged, another size than the first, or at another depth; RESOURCE_EXHAUSTED past
// `bytes_max`.
absl::StatusOr<DatasetContent> ReadImageFolder(const std::vector<InputFile>& files,
                                               const v1::DatasetSource& source, int64_t bytes_max);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_IMAGE_FOLDER_H_
