// IDX files of one to four dimensions, raw and gzipped.
#include "server/datasets/idx_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/fuzz/targets/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // A file that is only in memory, reused.
  static const int file = memfd_create("idx", 0);
  static const std::string path = absl::StrCat("/proc/self/fd/", file);
  traind::Require(ftruncate(file, 0) == 0, "the file can be emptied");
  traind::Require(pwrite(file, data, size, 0) == static_cast<ssize_t>(size), "and written");
  for (int dimension_count : {1, 3, 4}) {
    const absl::StatusOr<traind::IdxArray> array = traind::ReadIdxFile(path, dimension_count);
    if (!array.ok()) {
      traind::RequireCode(array.status(), absl::StatusCode::kDataLoss);
      continue;
    }
    int64_t count = 1;
    for (int64_t length : array->shape) count *= length;
    traind::Require(count == static_cast<int64_t>(array->values.size()), "values fill the shape");
    const auto shape = traind::InspectIdxFile(path, dimension_count);
    traind::Require(shape.ok() && *shape == array->shape, "both readers see the same shape");
  }
  return 0;
}
