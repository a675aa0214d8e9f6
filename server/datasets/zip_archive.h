#ifndef TRAIND_SERVER_DATASETS_ZIP_ARCHIVE_H_
#define TRAIND_SERVER_DATASETS_ZIP_ARCHIVE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace traind {

// A file in a ZIP archive.
struct ZipEntry {
  std::string name;
  std::string bytes;
};

// Names of an archive's files, none of which is unpacked. INVALID_ARGUMENT for a damaged
// archive, or more than `entries_max` files.
absl::StatusOr<std::vector<std::string>> ListZip(absl::string_view archive, int64_t entries_max);

// Unpacks every file of an archive, whose checksums are checked. INVALID_ARGUMENT for a
// damaged or encrypted archive, or more than 1000 files; RESOURCE_EXHAUSTED for more than
// `bytes_max` bytes in all.
absl::StatusOr<std::vector<ZipEntry>> ReadZip(absl::string_view archive, int64_t bytes_max);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_ZIP_ARCHIVE_H_
