#include "client/rpc_status.h"

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

// Both libraries number the canonical codes alike, so a cast is a conversion.
constexpr bool SameCode(grpc::StatusCode rpc, absl::StatusCode code) {
  return static_cast<int>(rpc) == static_cast<int>(code);
}
static_assert(SameCode(grpc::OK, absl::StatusCode::kOk));
static_assert(SameCode(grpc::CANCELLED, absl::StatusCode::kCancelled));
static_assert(SameCode(grpc::UNKNOWN, absl::StatusCode::kUnknown));
static_assert(SameCode(grpc::INVALID_ARGUMENT, absl::StatusCode::kInvalidArgument));
static_assert(SameCode(grpc::DEADLINE_EXCEEDED, absl::StatusCode::kDeadlineExceeded));
static_assert(SameCode(grpc::NOT_FOUND, absl::StatusCode::kNotFound));
static_assert(SameCode(grpc::ALREADY_EXISTS, absl::StatusCode::kAlreadyExists));
static_assert(SameCode(grpc::PERMISSION_DENIED, absl::StatusCode::kPermissionDenied));
static_assert(SameCode(grpc::RESOURCE_EXHAUSTED, absl::StatusCode::kResourceExhausted));
static_assert(SameCode(grpc::FAILED_PRECONDITION, absl::StatusCode::kFailedPrecondition));
static_assert(SameCode(grpc::ABORTED, absl::StatusCode::kAborted));
static_assert(SameCode(grpc::OUT_OF_RANGE, absl::StatusCode::kOutOfRange));
static_assert(SameCode(grpc::UNIMPLEMENTED, absl::StatusCode::kUnimplemented));
static_assert(SameCode(grpc::INTERNAL, absl::StatusCode::kInternal));
static_assert(SameCode(grpc::UNAVAILABLE, absl::StatusCode::kUnavailable));
static_assert(SameCode(grpc::DATA_LOSS, absl::StatusCode::kDataLoss));
static_assert(SameCode(grpc::UNAUTHENTICATED, absl::StatusCode::kUnauthenticated));

// Whose cause is told by nothing but the server's log.
bool IsServerFault(grpc::StatusCode code) {
  return code == grpc::UNKNOWN || code == grpc::INTERNAL || code == grpc::DATA_LOSS;
}

}  // namespace

absl::Status FromRpcStatus(const grpc::Status& status, const std::string& address,
                           const std::string& request_id) {
  if (status.error_code() == grpc::UNIMPLEMENTED && status.error_message().empty()) {
    return absl::UnimplementedError(absl::StrCat(
        "the server at ", address, " does not know this call; it is older than this client"));
  }
  if (status.error_code() != grpc::UNAVAILABLE) {
    const bool name_request = IsServerFault(status.error_code()) && !request_id.empty();
    return absl::Status(
        static_cast<absl::StatusCode>(status.error_code()),
        absl::StrCat(status.error_message(),
                     name_request ? absl::StrCat(" (request ", request_id, ")") : ""));
  }
  return absl::UnavailableError(absl::StrCat(
      "no answer from a traind at ", address, " (", status.error_message(),
      "); start one with `traind --listen ", address,
      "`, or name another with --server HOST:PORT; one that speaks TLS needs --tls-ca"));
}

}  // namespace traind
