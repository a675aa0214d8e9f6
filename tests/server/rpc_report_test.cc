#include "server/rpc_report.h"

#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/request_scope.h"
#include "server/logging.h"
#include "tests/support/fake_clock.h"

namespace traind {
namespace {

using ::testing::IsEmpty;

class RpcReportTest : public testing::Test {
 protected:
  RpcReportTest() {
    testing::internal::CaptureStderr();
    StartLogging({.format = "json"});
  }

  // What is logged of a call that ended so.
  std::string LogOf(const absl::Status& status) {
    const RequestScope scope("7f3a");
    report_.OnCallEnded(
        {"TrainingService/GetRun", "ipv4:127.0.0.1:4", "7f3a", status, absl::Milliseconds(2)});
    return testing::internal::GetCapturedStderr();
  }

  FakeClock clock_;
  Metrics metrics_{{}, clock_};
  RpcReport report_{metrics_};
};

TEST_F(RpcReportTest, AFailedCallIsOneLineWithItsRequest) {
  const nlohmann::json line = nlohmann::json::parse(LogOf(absl::NotFoundError("no run s4-9")));
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["message"], "call failed");
  EXPECT_EQ(line["method"], "TrainingService/GetRun");
  EXPECT_EQ(line["code"], "NOT_FOUND");
  EXPECT_EQ(line["error"], "no run s4-9");
  EXPECT_EQ(line["peer"], "ipv4:127.0.0.1:4");
  EXPECT_EQ(line["seconds"], "0.002000");
  EXPECT_EQ(line["request"], "7f3a");
}

TEST_F(RpcReportTest, AFaultOfTheServerIsAnError) {
  EXPECT_EQ(nlohmann::json::parse(LogOf(absl::InternalError("disk")))["level"], "error");
}

TEST_F(RpcReportTest, ACallThatWentWellIsSilent) {
  EXPECT_THAT(LogOf(absl::OkStatus()), IsEmpty());
}

TEST_F(RpcReportTest, AClientThatHangsUpIsNoFailure) {
  EXPECT_THAT(LogOf(absl::CancelledError("")), IsEmpty());
}

TEST_F(RpcReportTest, AtLevelDebugEveryCallIsALine) {
  ChangeLogLevel(LogLevel::kDebug);
  testing::internal::GetCapturedStderr();
  testing::internal::CaptureStderr();
  const nlohmann::json line = nlohmann::json::parse(LogOf(absl::OkStatus()));
  EXPECT_EQ(line["message"], "call done");
  EXPECT_EQ(line["request"], "7f3a");
  EXPECT_FALSE(line.contains("error"));
}

}  // namespace
}  // namespace traind
