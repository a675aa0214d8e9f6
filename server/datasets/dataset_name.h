#ifndef TRAIND_SERVER_DATASETS_DATASET_NAME_H_
#define TRAIND_SERVER_DATASETS_DATASET_NAME_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace traind {

// Checks the name of a dataset or a split, as `what` says: 1 to 63 letters, digits, `-` and
// `_`, so that it can be a file's. INVALID_ARGUMENT.
absl::Status CheckDatasetName(absl::string_view what, absl::string_view name);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_DATASET_NAME_H_
