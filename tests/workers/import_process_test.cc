#include "server/workers/import_process.h"

#include <sys/stat.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

class ImportProcessTest : public testing::Test {
 protected:
  // An importer whose worker is this shell script.
  ImportProcess Importer(const std::string& script, absl::Duration timeout = absl::Seconds(20)) {
    WriteFile(worker_, absl::StrCat("#!/bin/sh\n", script));
    chmod(worker_.c_str(), 0700);
    return ImportProcess(worker_, timeout);
  }

  TempDirectory directory_;
  const std::string worker_ = directory_.Path("traind-worker");
};

TEST_F(ImportProcessTest, TheWorkerIsToldTheFolder) {
  EXPECT_OK(Importer("test \"$1 $2\" = '--import-dataset /folder'\n").Import("/folder"));
}

TEST_F(ImportProcessTest, TheWorkersWordsAreTheAnswer) {
  EXPECT_THAT(Importer("echo '3 a.csv: line 2: expected a number'; exit 1\n").Import("/folder"),
              StatusIs(absl::StatusCode::kInvalidArgument, "a.csv: line 2: expected a number"));
}

TEST_F(ImportProcessTest, AWorkerThatDiesIsNotTheServersEnd) {
  EXPECT_THAT(Importer("kill -SEGV $$\n").Import("/folder"),
              StatusIs(absl::StatusCode::kInternal, "killed by signal 11"));
}

TEST_F(ImportProcessTest, AWorkerThatHangsIsEnded) {
  EXPECT_THAT(Importer("exec tail -f /dev/null\n", absl::Milliseconds(50)).Import("/folder"),
              StatusIs(absl::StatusCode::kResourceExhausted, "took longer than 50ms"));
}

TEST_F(ImportProcessTest, AShutdownEndsWhatRuns) {
  WriteFile(worker_, "#!/bin/sh\nexec tail -f /dev/null\n");
  chmod(worker_.c_str(), 0700);
  ImportProcess importer(worker_, absl::Hours(1));
  std::thread stopper([&importer] { importer.Shutdown(); });
  EXPECT_THAT(importer.Import("/folder"),
              StatusIs(absl::StatusCode::kUnavailable, "push again when it is back"));
  stopper.join();
}

}  // namespace
}  // namespace traind
