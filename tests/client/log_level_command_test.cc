#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/client/trainctl_runner.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LogLevelCommandTest : public testing::Test {
 protected:
  LogLevelCommandTest() { trainctl_.server.info.set_log_level(v1::LOG_LEVEL_INFO); }
  TrainctlRunner trainctl_;
};

TEST_F(LogLevelCommandTest, WithoutALevelItPrintsTheServersAndChangesNothing) {
  EXPECT_EQ(trainctl_.Run({"log-level"}), 0);
  EXPECT_EQ(trainctl_.out, "info\n");
  EXPECT_THAT(trainctl_.server.log_levels, IsEmpty());
}

TEST_F(LogLevelCommandTest, ALevelIsSetAndPrinted) {
  EXPECT_EQ(trainctl_.Run({"log-level", "debug"}), 0);
  EXPECT_THAT(trainctl_.server.log_levels, ElementsAre(v1::LOG_LEVEL_DEBUG));
  EXPECT_EQ(trainctl_.out, "debug\n");
}

TEST_F(LogLevelCommandTest, JsonIsTheServersInfo) {
  EXPECT_EQ(trainctl_.Run({"log-level", "error", "--json"}), 0);
  EXPECT_EQ(nlohmann::json::parse(trainctl_.out)["log_level"], "LOG_LEVEL_ERROR");
}

TEST_F(LogLevelCommandTest, AnotherNameIsBadUsageAndNoCall) {
  EXPECT_EQ(trainctl_.Run({"log-level", "loud"}), 2);
  EXPECT_THAT(trainctl_.err, HasSubstr("loud"));
  EXPECT_THAT(trainctl_.server.log_levels, IsEmpty());
}

TEST_F(LogLevelCommandTest, AFaultOfTheServerIsToldWithItsRequest) {
  trainctl_.server.failures["GetServerInfo"] = {grpc::Status(grpc::INTERNAL, "disk fault")};
  EXPECT_EQ(trainctl_.Run({"log-level"}), 1);
  EXPECT_EQ(trainctl_.err, "trainctl: INTERNAL: disk fault (request " +
                               trainctl_.server.request_ids.at(0) + ")\n");
}

}  // namespace
}  // namespace traind
