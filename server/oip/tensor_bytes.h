#ifndef TRAIND_SERVER_OIP_TENSOR_BYTES_H_
#define TRAIND_SERVER_OIP_TENSOR_BYTES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "inference/grpc_service.pb.h"
#include "server/oip/datatype.h"

namespace traind {

// Between the protocol's two ways to give a tensor's elements, and the bytes of one:
// row-major, little-endian, without padding; each element of BYTES after its length
// in 4 bytes. Messages of errors go on after the tensor's name.

// The product of the sizes; 1 for a tensor without dimensions. INVALID_ARGUMENT: a
// negative size, or more elements than bytes can be counted for.
absl::StatusOr<int64_t> CountElements(const OipDatatype& datatype, absl::Span<const int64_t> shape);

// INVALID_ARGUMENT unless `bytes` are exactly `count` elements.
absl::Status CheckTensorBytes(const OipDatatype& datatype, int64_t count, absl::string_view bytes);

// The bytes of typed contents. INVALID_ARGUMENT: another number of elements, the field
// of another datatype, a value out of the datatype's range, or a datatype that has no
// field.
absl::StatusOr<std::string> PackContents(const OipDatatype& datatype, int64_t count,
                                         const inference::InferTensorContents& contents);

// Appends one element of BYTES: its length, then itself.
void AppendBytesElement(absl::string_view element, std::string& bytes);

}  // namespace traind

#endif  // TRAIND_SERVER_OIP_TENSOR_BYTES_H_
