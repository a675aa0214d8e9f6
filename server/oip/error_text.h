#ifndef TRAIND_SERVER_OIP_ERROR_TEXT_H_
#define TRAIND_SERVER_OIP_ERROR_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "inference/grpc_service.pb.h"

namespace traind {

// A client's text in quotes, escaped and cut short: statuses travel in headers,
// whose size clients bound.
std::string QuotedName(absl::string_view text);

// `[1, 28, 28]`, cut short after a few sizes.
std::string TensorShapeText(absl::Span<const int64_t> shape);

// The answer of ModelStreamInfer to one request that failed. The protocol has
// only a text for it, so that begins with the code's name: `NOT_FOUND: no model…`.
// The response carries the request's id, by which clients find the request.
inference::ModelStreamInferResponse StreamErrorResponse(const absl::Status& error,
                                                        absl::string_view id);

}  // namespace traind

#endif  // TRAIND_SERVER_OIP_ERROR_TEXT_H_
