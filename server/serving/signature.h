#ifndef TRAIND_SERVER_SERVING_SIGNATURE_H_
#define TRAIND_SERVER_SERVING_SIGNATURE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/base/limits.h"
#include "server/serving/tensor_view.h"
#include "traind/v1/model.pb.h"

namespace traind {

// Checks a request's tensors against a version's signature, before anything
// reaches the tensor library: exactly the tensors that the signature names, with
// its types and shapes, as many bytes as the shape says, 1 to
// Limits::predict_rows_max rows, only finite numbers. Returns the number of rows.
// INVALID_ARGUMENT says what was expected and what came.
absl::StatusOr<int64_t> CheckInputs(const v1::ModelVersion& version,
                                    absl::Span<const TensorView> inputs, const Limits& limits);

// Bytes of one element; 0 for an unknown type.
int64_t ElementBytes(v1::DataType type);

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_SIGNATURE_H_
