#ifndef TRAIND_TESTS_CRASH_CRASH_SCENARIO_H_
#define TRAIND_TESTS_CRASH_CRASH_SCENARIO_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/run_publisher.h"
#include "server/runs/event_log.h"
#include "server/runs/run_service.h"
#include "server/store/data_directory_lock.h"
#include "server/store/file_disk_reserve.h"
#include "server/store/file_model_store.h"
#include "server/store/run_directories.h"
#include "server/store/sqlite_run_store.h"
#include "server/telemetry/metrics.h"
#include "tests/crash/model_changes.h"
#include "tests/crash/told_facts.h"
#include "tests/runs/run_service_fixture.h"
#include "tests/support/fake_clock.h"

namespace traind {

// A server's life over the real stores, without sockets and processes. It can be
// played again and again over the same data directory: it goes on where it stands, and
// at the end there are
//   tiny-1  SUCCEEDED after a lost attempt, published as version 1
//   tiny-2  CANCELLED while it waited
//   tiny-3  CANCELLED while it ran, with a checkpoint at the stop
// and a fourth one that was deleted with its files; and what ModelChanges leaves.
// Not thread-safe; makes no thread, so that the process may fork.
class CrashScenario {
 public:
  // `datasets_directory` as WriteDataset has made it.
  CrashScenario(std::string data_directory, const std::string& datasets_directory, ToldFacts told);

  static void WriteDataset(const std::string& datasets_directory);

  // Opens everything as a new server does, and takes its runs over.
  absl::Status Open();
  // Goes on to the end. UNAVAILABLE when the service could not store that an attempt
  // begins or was lost, which it does not tell: a new server settles the run.
  absl::Status Play();
  // What it should be at the end, and whether everything that is there is whole:
  // a line for each thing that is wrong.
  std::vector<std::string> CheckEnd();
  // The same of what has been told, right after Open.
  std::vector<std::string> CheckTold();
  // Whether every run can be read: also without space on the disk.
  absl::Status ReadAll();

 private:
  absl::StatusOr<v1::Run> Start(const std::string& request_id);
  absl::Status TrainToEnd(const std::string& run_id);
  absl::Status CheckSettled(const AttemptKey& attempt);
  absl::Status StopWhileRunning(const std::string& run_id);
  // Nobody is told of it: that it is gone is right, and that it is still there too.
  absl::Status StartAndDelete();
  absl::StatusOr<v1::Run> Told(const std::string& run_id);

  const std::string data_directory_;
  DatasetDirectory datasets_;
  ToldFacts told_;
  FakeClock clock_;
  RecipeCatalog recipes_;
  FakeLauncher launcher_;
  std::unique_ptr<DataDirectoryLock> lock_;
  std::unique_ptr<SqliteRunStore> store_;
  std::unique_ptr<FileModelStore> models_;
  std::unique_ptr<ModelChanges> model_changes_;
  std::unique_ptr<RunDirectories> files_;
  std::unique_ptr<FileDiskReserve> reserve_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<EventLog> event_log_;
  std::unique_ptr<RunPublisher> publisher_;
  std::unique_ptr<RunService> service_;
};

}  // namespace traind

#endif  // TRAIND_TESTS_CRASH_CRASH_SCENARIO_H_
