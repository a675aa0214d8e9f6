#include "server/rpc/grpc_status.h"

#include <string>

namespace traind {
namespace {

// Both enums follow google.rpc.Code; the cast below rests on it.
#define TRAIND_SAME_CODE(grpc_name, absl_name)                   \
  static_assert(static_cast<int>(grpc::StatusCode::grpc_name) == \
                static_cast<int>(absl::StatusCode::absl_name))
TRAIND_SAME_CODE(OK, kOk);
TRAIND_SAME_CODE(CANCELLED, kCancelled);
TRAIND_SAME_CODE(UNKNOWN, kUnknown);
TRAIND_SAME_CODE(INVALID_ARGUMENT, kInvalidArgument);
TRAIND_SAME_CODE(DEADLINE_EXCEEDED, kDeadlineExceeded);
TRAIND_SAME_CODE(NOT_FOUND, kNotFound);
TRAIND_SAME_CODE(ALREADY_EXISTS, kAlreadyExists);
TRAIND_SAME_CODE(PERMISSION_DENIED, kPermissionDenied);
TRAIND_SAME_CODE(RESOURCE_EXHAUSTED, kResourceExhausted);
TRAIND_SAME_CODE(FAILED_PRECONDITION, kFailedPrecondition);
TRAIND_SAME_CODE(ABORTED, kAborted);
TRAIND_SAME_CODE(OUT_OF_RANGE, kOutOfRange);
TRAIND_SAME_CODE(UNIMPLEMENTED, kUnimplemented);
TRAIND_SAME_CODE(INTERNAL, kInternal);
TRAIND_SAME_CODE(UNAVAILABLE, kUnavailable);
TRAIND_SAME_CODE(DATA_LOSS, kDataLoss);
TRAIND_SAME_CODE(UNAUTHENTICATED, kUnauthenticated);
#undef TRAIND_SAME_CODE

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()));
}

}  // namespace traind
