#ifndef TRAIND_SERVER_STORE_SQLITE_RUN_STORE_H_
#define TRAIND_SERVER_STORE_SQLITE_RUN_STORE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/runs/run_store.h"
#include "server/store/sqlite_database.h"

namespace traind {

// Runs and events in one SQLite file (docs/formats.md). Writes go through one
// connection and are flushed before they return; reads go through another one
// and never wait for a flush. Thread-safe.
class SqliteRunStore : public RunStore {
 public:
  // Opens or creates the file at `path`; its directory must exist and should be
  // held by a DataDirectoryLock. DATA_LOSS: damaged. FAILED_PRECONDITION: newer
  // than this program, or another program's. In both cases the file is untouched.
  static absl::StatusOr<std::unique_ptr<SqliteRunStore>> Open(const std::string& path);

  absl::StatusOr<v1::Run> Create(v1::Run run, absl::string_view request_digest,
                                 absl::Span<const v1::Event> events) override;
  absl::Status Update(const v1::Run& run) override;
  absl::Status UpdateWithEvents(const v1::Run& run, absl::Span<const v1::Event> events) override;
  absl::StatusOr<v1::Run> Get(absl::string_view run_id) const override;
  absl::StatusOr<std::vector<v1::Run>> List(int count, absl::string_view before_id,
                                            const RunFilter& filter) const override;
  absl::StatusOr<std::vector<v1::Run>> ListActive() const override;
  absl::StatusOr<std::vector<std::string>> ListEnded() const override;
  absl::StatusOr<std::optional<RequestMatch>> FindRequest(
      absl::string_view request_id) const override;
  absl::StatusOr<std::vector<v1::Event>> ReadEvents(absl::string_view run_id,
                                                    int64_t after_sequence,
                                                    int count) const override;
  absl::Status Delete(absl::string_view run_id) override;
  absl::StatusOr<bool> Reclaim() override;
  int64_t SizeBytes() const override;

 private:
  SqliteRunStore(std::string path, std::unique_ptr<SqliteDatabase> writer,
                 std::unique_ptr<SqliteDatabase> reader)
      : path_(std::move(path)), writer_(std::move(writer)), reader_(std::move(reader)) {}

  const std::string path_;
  absl::Mutex write_mutex_;
  const std::unique_ptr<SqliteDatabase> writer_ ABSL_PT_GUARDED_BY(write_mutex_);
  mutable absl::Mutex read_mutex_;
  const std::unique_ptr<SqliteDatabase> reader_ ABSL_PT_GUARDED_BY(read_mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_SQLITE_RUN_STORE_H_
