#ifndef TRAIND_SERVER_DATASETS_DATASET_IMPORTER_H_
#define TRAIND_SERVER_DATASETS_DATASET_IMPORTER_H_

#include <string>

#include "absl/status/status.h"

namespace traind {

// In the folder of a push: the request, the files by their number, and the dataset that is
// made of them.
inline constexpr char kPushRequestFile[] = "push.binpb";
inline constexpr char kPushFilesFolder[] = "files";
inline constexpr char kPushDatasetFolder[] = "dataset";

// Makes the dataset of a push. Thread-safe.
class DatasetImporter {
 public:
  virtual ~DatasetImporter() = default;

  // Reads the files of the push in `folder` and writes the dataset's own beside them,
  // flushed. INVALID_ARGUMENT for files that are no dataset, DATA_LOSS when their SHA-256
  // is another one, RESOURCE_EXHAUSTED for want of memory or disk, else the fault is this
  // side's. Blocks until it is done.
  virtual absl::Status Import(const std::string& folder) = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_DATASET_IMPORTER_H_
