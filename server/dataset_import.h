#ifndef TRAIND_SERVER_DATASET_IMPORT_H_
#define TRAIND_SERVER_DATASET_IMPORT_H_

#include <string>

#include "absl/status/status.h"
#include "server/base/clock.h"
#include "server/base/limits.h"

namespace traind {

// Does what DatasetImporter::Import says, in this process and on the calling thread.
absl::Status ImportDataset(const std::string& folder, const Limits& limits, const Clock& clock);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASET_IMPORT_H_
