// The process's log as a whole: each test reads what came out on stderr.

#include "server/logging.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_split.h"
#include "server/base/request_scope.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

class LoggingTest : public testing::Test {
 protected:
  LoggingTest() { testing::internal::CaptureStderr(); }

  // The lines since the test's start; call once.
  static std::vector<std::string> Lines() {
    return absl::StrSplit(testing::internal::GetCapturedStderr(), '\n', absl::SkipEmpty());
  }
};

TEST_F(LoggingTest, ATextLineHasTimeLevelMessageAndValues) {
  StartLogging({});
  Log(LogLevel::kWarning, "run failed", {{"run", "s4-1"}});
  EXPECT_THAT(Lines(), ElementsAre(MatchesRegex(
                           "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}"
                           "[+-][0-9]{2}:[0-9]{2} warning run failed run=s4-1")));
}

TEST_F(LoggingTest, AJsonLineHasTimeLevelMessageAndValues) {
  StartLogging({.format = "json"});
  Log(LogLevel::kInfo, "run changed state", {{"run", "s4-1"}});
  const std::vector<std::string> lines = Lines();
  ASSERT_THAT(lines, SizeIs(1));
  const nlohmann::json line = nlohmann::json::parse(lines[0]);
  EXPECT_THAT(line["time"].get<std::string>(),
              MatchesRegex("[0-9-]{10}T[0-9:]{8}(\\.[0-9]+)?\\+00:00"));
  EXPECT_EQ(line["level"], "info");
  EXPECT_EQ(line["message"], "run changed state");
  EXPECT_EQ(line["run"], "s4-1");
}

TEST_F(LoggingTest, ALineNamesTheRequestThatItsThreadWorksFor) {
  StartLogging({.format = "json"});
  {
    const RequestScope outer("7f3a");
    {
      const RequestScope inner("beef");
      Log(LogLevel::kInfo, "inner");
    }
    Log(LogLevel::kInfo, "outer");
  }
  Log(LogLevel::kInfo, "none");
  const std::vector<std::string> lines = Lines();
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(nlohmann::json::parse(lines[0])["request"], "beef");
  EXPECT_EQ(nlohmann::json::parse(lines[1])["request"], "7f3a");
  EXPECT_FALSE(nlohmann::json::parse(lines[2]).contains("request"));
}

TEST_F(LoggingTest, TheProcessesOwnValuesAreInEveryLine) {
  StartLogging({.fields = {{"run", "s4-1"}, {"attempt", "2"}}});
  Log(LogLevel::kInfo, "attempt ended", {{"outcome", "succeeded"}});
  EXPECT_THAT(Lines(),
              ElementsAre(HasSubstr("attempt ended run=s4-1 attempt=2 outcome=succeeded")));
}

TEST_F(LoggingTest, LessThanTheLevelIsNotWritten) {
  StartLogging({.level = LogLevel::kWarning});
  Log(LogLevel::kInfo, "a");
  Log(LogLevel::kWarning, "b");
  EXPECT_FALSE(LogsLevel(LogLevel::kInfo));
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr("warning b")));
}

TEST_F(LoggingTest, AChangeOfLevelActsAtOnceAndIsToldEvenWhenLittleIs) {
  StartLogging({.level = LogLevel::kError});
  ChangeLogLevel(LogLevel::kWarning);
  Log(LogLevel::kWarning, "heard");
  Log(LogLevel::kInfo, "not heard");
  EXPECT_EQ(CurrentLogLevel(), LogLevel::kWarning);
  EXPECT_THAT(Lines(), ElementsAre(HasSubstr("log level changed from=error to=warning"),
                                   HasSubstr("heard")));
}

TEST_F(LoggingTest, TheToggleGoesToDebugAndBackToWhatWasConfigured) {
  StartLogging({.level = LogLevel::kWarning});
  ChangeLogLevel(LogLevel::kError);
  ToggleDebugLog();
  EXPECT_EQ(CurrentLogLevel(), LogLevel::kDebug);
  ToggleDebugLog();
  EXPECT_EQ(CurrentLogLevel(), LogLevel::kWarning);
  EXPECT_THAT(Lines(), SizeIs(3));
}

TEST(LogLevelTest, NamesAreThoseOfTheFlag) {
  for (const char* name : {"debug", "info", "warning", "error"}) {
    const absl::StatusOr<LogLevel> level = ParseLogLevel(name);
    ASSERT_OK(level);
    EXPECT_EQ(LogLevelName(*level), name);
  }
}

TEST(LogLevelTest, AnUnknownNameIsAnsweredWithTheKnownOnes) {
  EXPECT_THAT(ParseLogLevel("loud"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "expected debug, info, warning or error, got \"loud\""));
}

}  // namespace
}  // namespace traind
