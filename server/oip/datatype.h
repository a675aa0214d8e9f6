#ifndef TRAIND_SERVER_OIP_DATATYPE_H_
#define TRAIND_SERVER_OIP_DATATYPE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "inference/grpc_service.pb.h"
#include "traind/v1/model.pb.h"

namespace traind {

// A datatype of the Open Inference Protocol.
struct OipDatatype {
  absl::string_view name;      // in requests and metadata
  int64_t element_bytes;       // 0: BYTES, whose elements tell their own length
  inference::DataType config;  // in a model's configuration
  v1::DataType data_type;      // UNSPECIFIED: no model here takes or gives it
};

// All of them.
absl::Span<const OipDatatype> OipDatatypes();

// By the protocol's name, such as `FP32`; null when there is none of that name.
const OipDatatype* FindOipDatatype(absl::string_view name);

// That of a tensor of ours; null for UNSPECIFIED and unknown values.
const OipDatatype* FindOipDatatype(v1::DataType data_type);

}  // namespace traind

#endif  // TRAIND_SERVER_OIP_DATATYPE_H_
