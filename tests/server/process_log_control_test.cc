#include "server/process_log_control.h"

#include "gtest/gtest.h"
#include "server/logging.h"

namespace traind {
namespace {

TEST(ProcessLogControlTest, EveryLevelIsTheLogsLevelOfThatName) {
  testing::internal::CaptureStderr();
  StartLogging({});
  ProcessLogControl control;
  EXPECT_EQ(control.level(), v1::LOG_LEVEL_INFO);
  for (const auto& [level, name] :
       {std::pair(v1::LOG_LEVEL_DEBUG, "debug"), std::pair(v1::LOG_LEVEL_INFO, "info"),
        std::pair(v1::LOG_LEVEL_WARNING, "warning"), std::pair(v1::LOG_LEVEL_ERROR, "error")}) {
    control.SetLevel(level);
    EXPECT_EQ(control.level(), level);
    EXPECT_EQ(LogLevelName(CurrentLogLevel()), name);
  }
  testing::internal::GetCapturedStderr();
}

}  // namespace
}  // namespace traind
