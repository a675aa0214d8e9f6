#include "server/rpc/grpc_status.h"

#include "gtest/gtest.h"

namespace traind {
namespace {

// Names as in https://grpc.io/docs/guides/status-codes, in order of their numbers.
constexpr struct {
  absl::StatusCode absl_code;
  grpc::StatusCode grpc_code;
} kCodes[] = {
    {absl::StatusCode::kOk, grpc::StatusCode::OK},
    {absl::StatusCode::kCancelled, grpc::StatusCode::CANCELLED},
    {absl::StatusCode::kUnknown, grpc::StatusCode::UNKNOWN},
    {absl::StatusCode::kInvalidArgument, grpc::StatusCode::INVALID_ARGUMENT},
    {absl::StatusCode::kDeadlineExceeded, grpc::StatusCode::DEADLINE_EXCEEDED},
    {absl::StatusCode::kNotFound, grpc::StatusCode::NOT_FOUND},
    {absl::StatusCode::kAlreadyExists, grpc::StatusCode::ALREADY_EXISTS},
    {absl::StatusCode::kPermissionDenied, grpc::StatusCode::PERMISSION_DENIED},
    {absl::StatusCode::kResourceExhausted, grpc::StatusCode::RESOURCE_EXHAUSTED},
    {absl::StatusCode::kFailedPrecondition, grpc::StatusCode::FAILED_PRECONDITION},
    {absl::StatusCode::kAborted, grpc::StatusCode::ABORTED},
    {absl::StatusCode::kOutOfRange, grpc::StatusCode::OUT_OF_RANGE},
    {absl::StatusCode::kUnimplemented, grpc::StatusCode::UNIMPLEMENTED},
    {absl::StatusCode::kInternal, grpc::StatusCode::INTERNAL},
    {absl::StatusCode::kUnavailable, grpc::StatusCode::UNAVAILABLE},
    {absl::StatusCode::kDataLoss, grpc::StatusCode::DATA_LOSS},
    {absl::StatusCode::kUnauthenticated, grpc::StatusCode::UNAUTHENTICATED},
};

TEST(GrpcStatusTest, AllSeventeenCodesKeepTheirMeaning) {
  static_assert(std::size(kCodes) == 17);
  for (const auto& code : kCodes) {
    EXPECT_EQ(ToGrpcStatus(absl::Status(code.absl_code, "why")).error_code(), code.grpc_code);
  }
}

TEST(GrpcStatusTest, TheMessageArrivesUnchanged) {
  EXPECT_EQ(ToGrpcStatus(absl::NotFoundError("no run s4-9")).error_message(), "no run s4-9");
}

}  // namespace
}  // namespace traind
