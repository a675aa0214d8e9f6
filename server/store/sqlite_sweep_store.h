#ifndef TRAIND_SERVER_STORE_SQLITE_SWEEP_STORE_H_
#define TRAIND_SERVER_STORE_SQLITE_SWEEP_STORE_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/store/sqlite_database.h"
#include "server/sweeps/sweep_store.h"

namespace traind {

// Sweeps in the file of the runs (docs/formats.md), through a connection of their own:
// they are few, and are written seldom. Thread-safe.
class SqliteSweepStore : public SweepStore {
 public:
  // Opens the file that SqliteRunStore has opened before: that one checks it and brings
  // its schema up to date.
  static absl::StatusOr<std::unique_ptr<SqliteSweepStore>> Open(const std::string& path);

  absl::StatusOr<v1::Sweep> Create(v1::Sweep sweep, absl::string_view request_digest) override;
  absl::Status Update(const v1::Sweep& sweep) override;
  absl::StatusOr<v1::Sweep> Get(absl::string_view sweep_id) const override;
  absl::StatusOr<std::vector<v1::Sweep>> List(int count, absl::string_view before_id,
                                              absl::string_view name) const override;
  absl::StatusOr<std::vector<v1::Sweep>> ListActive() const override;
  absl::StatusOr<std::optional<RequestMatch>> FindRequest(
      absl::string_view request_id) const override;
  absl::Status Delete(absl::string_view sweep_id) override;

 private:
  explicit SqliteSweepStore(std::unique_ptr<SqliteDatabase> database)
      : database_(std::move(database)) {}

  mutable absl::Mutex mutex_;
  const std::unique_ptr<SqliteDatabase> database_ ABSL_PT_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_SQLITE_SWEEP_STORE_H_
