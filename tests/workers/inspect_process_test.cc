#include "server/workers/inspect_process.h"

#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

class InspectProcessTest : public testing::Test {
 protected:
  // An inspector whose worker is this shell script.
  InspectProcess Inspector(const std::string& script, absl::Duration timeout = absl::Seconds(20)) {
    WriteFile(worker_, absl::StrCat("#!/bin/sh\n", script));
    chmod(worker_.c_str(), 0700);
    return InspectProcess(worker_, timeout);
  }

  TempDirectory directory_;
  const std::string worker_ = directory_.Path("traind-worker");
};

TEST_F(InspectProcessTest, TheWorkerIsToldTheFolder) {
  EXPECT_OK(Inspector("test \"$1 $2\" = '--inspect-module /folder'\n").Inspect("/folder"));
}

TEST_F(InspectProcessTest, TheWorkersWordsAreTheAnswer) {
  EXPECT_THAT(Inspector("echo '3 it is a pickle'; exit 1\n").Inspect("/folder"),
              StatusIs(absl::StatusCode::kInvalidArgument, "it is a pickle"));
}

TEST_F(InspectProcessTest, CodeThatEndsItsProcessIsNotTheServersEnd) {
  EXPECT_THAT(Inspector("kill -SEGV $$\n").Inspect("/folder"),
              StatusIs(absl::StatusCode::kInternal, "trying the module: the process was lost"));
}

TEST_F(InspectProcessTest, CodeThatHangsIsEnded) {
  EXPECT_THAT(Inspector("exec tail -f /dev/null\n", absl::Milliseconds(50)).Inspect("/folder"),
              StatusIs(absl::StatusCode::kResourceExhausted, "took longer than 50ms"));
}

}  // namespace
}  // namespace traind
