#ifndef TRAIND_SERVER_SERVING_TENSOR_VIEW_H_
#define TRAIND_SERVER_SERVING_TENSOR_VIEW_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "traind/v1/model.pb.h"

namespace traind {

// A tensor of a request, whatever protocol it came by; what it points to belongs to
// the request.
struct TensorView {
  absl::string_view name;
  v1::DataType data_type = v1::DATA_TYPE_UNSPECIFIED;
  absl::Span<const int64_t> shape;  // outermost first
  absl::string_view bytes;          // row-major, little-endian, without padding
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_TENSOR_VIEW_H_
