#include "client/rpc_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace traind {
namespace {

using ::testing::HasSubstr;

TEST(RpcStatusTest, CodeAndMessageAreKept) {
  const absl::Status status = FromRpcStatus(
      grpc::Status(grpc::FAILED_PRECONDITION, "run s4-1 has ended"), "host:1", "7f3a");
  EXPECT_EQ(status, absl::FailedPreconditionError("run s4-1 has ended"));
}

TEST(RpcStatusTest, OkIsOk) { EXPECT_TRUE(FromRpcStatus(grpc::Status::OK, "host:1", "7f3a").ok()); }

TEST(RpcStatusTest, AFaultOfTheServerNamesTheRequestToLookFor) {
  for (const grpc::StatusCode code : {grpc::UNKNOWN, grpc::INTERNAL, grpc::DATA_LOSS}) {
    EXPECT_EQ(FromRpcStatus(grpc::Status(code, "disk fault"), "host:1", "7f3a").message(),
              "disk fault (request 7f3a)");
  }
}

TEST(RpcStatusTest, CallThatAnOldServerDoesNotKnowIsToldInWords) {
  EXPECT_EQ(FromRpcStatus(grpc::Status(grpc::UNIMPLEMENTED, ""), "host:1", "7f3a"),
            absl::UnimplementedError(
                "the server at host:1 does not know this call; it is older than this client"));
}

TEST(RpcStatusTest, UnavailableSaysHowToStartAServerAndHowToNameAnother) {
  const absl::Status status =
      FromRpcStatus(grpc::Status(grpc::UNAVAILABLE, "connection refused"), "host:1", "7f3a");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("connection refused"));
  EXPECT_THAT(message, HasSubstr("traind --listen host:1"));
  EXPECT_THAT(message, HasSubstr("--server"));
}

}  // namespace
}  // namespace traind
