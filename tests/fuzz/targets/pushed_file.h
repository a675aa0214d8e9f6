#ifndef TRAIND_TESTS_FUZZ_TARGETS_PUSHED_FILE_H_
#define TRAIND_TESTS_FUZZ_TARGETS_PUSHED_FILE_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/datasets/dataset_reader.h"
#include "tests/fuzz/targets/require.h"

namespace traind {

// Reads the bytes as a file of this name: what is refused is the user's to mend, and what
// is accepted is consistent.
inline void ReadPushed(const std::string& name, const uint8_t* data, size_t size,
                       const v1::DatasetSource& source) {
  // A file that is only in memory, reused.
  static const int file = memfd_create("pushed", 0);
  static const std::string path = absl::StrCat("/proc/self/fd/", file);
  Require(ftruncate(file, 0) == 0, "the file can be emptied");
  Require(pwrite(file, data, size, 0) == static_cast<ssize_t>(size), "and written");
  Limits limits;
  limits.dataset_bytes_max = 64 << 20;
  const absl::StatusOr<DatasetContent> content = ReadDataset({{name, path}}, source, limits);
  if (!content.ok()) {
    Require(
        absl::IsInvalidArgument(content.status()) || absl::IsResourceExhausted(content.status()),
        "a refusal is the user's to mend");
    return;
  }
  for (const auto& [split_name, split] : content->splits) {
    const SplitShape& shape = split.shape;
    Require(static_cast<int64_t>(split.values.size()) ==
                shape.row_count * shape.row_values() * ElementBytes(shape.element_type),
            "values fill the shape");
    Require(static_cast<int64_t>(split.labels.size()) ==
                (shape.target_count == 0 ? shape.row_count : 0),
            "each row has its class");
    Require(static_cast<int64_t>(split.targets.size()) == shape.row_count * shape.target_count,
            "each row has its targets");
  }
}

}  // namespace traind

#endif  // TRAIND_TESTS_FUZZ_TARGETS_PUSHED_FILE_H_
