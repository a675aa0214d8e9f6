#ifndef TRAIND_SERVER_DATASETS_IDX_FILE_H_
#define TRAIND_SERVER_DATASETS_IDX_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace traind {

// An array of unsigned bytes from an IDX file, row-major.
struct IdxArray {
  std::vector<int64_t> shape;
  std::vector<uint8_t> values;  // product of shape
};

// Reads an IDX file of unsigned bytes, gzipped or raw (told apart by its first
// bytes). Format: yann.lecun.com/exdb/mnist: two zero bytes, type 0x08, number
// of dimensions, then each size as big-endian 32 bits, then the values.
// NOT_FOUND when there is no such file; PERMISSION_DENIED when it may not be
// read; DATA_LOSS names the file, what was expected and what came: wrong magic,
// zero or absurd size, truncated values, trailing bytes, damaged gzip.
// `dimension_count` is the number that must be there, 1 to 8.
absl::StatusOr<IdxArray> ReadIdxFile(const std::string& path, int dimension_count);

// Checks the same without keeping the values, and returns the shape. Quick for a
// raw file, whose size tells whether it is whole; a gzipped one is unpacked.
absl::StatusOr<std::vector<int64_t>> InspectIdxFile(const std::string& path, int dimension_count);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_IDX_FILE_H_
