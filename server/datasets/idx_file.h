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

// Reads only the header, for a quick look: the shape.
absl::StatusOr<std::vector<int64_t>> ReadIdxShape(const std::string& path, int dimension_count);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_IDX_FILE_H_
