#ifndef TRAIND_SERVER_DATASETS_NPY_ARRAY_H_
#define TRAIND_SERVER_DATASETS_NPY_ARRAY_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/datasets/named_array.h"

namespace traind {

// Reads an array in NumPy's format (numpy.org/doc/stable/reference/generated/
// numpy.lib.format.html), versions 1 to 3; sets type, shape and bytes. INVALID_ARGUMENT
// says what is wrong and where: no such file, objects (a pickle is never opened), texts,
// big-endian numbers, column-major order, too few or too many bytes; RESOURCE_EXHAUSTED
// for more than `bytes_max`.
absl::StatusOr<NamedArray> ParseNpy(absl::string_view file, int64_t bytes_max);

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_NPY_ARRAY_H_
