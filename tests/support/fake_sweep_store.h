#ifndef TRAIND_TESTS_SUPPORT_FAKE_SWEEP_STORE_H_
#define TRAIND_TESTS_SUPPORT_FAKE_SWEEP_STORE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/sweeps/sweep_store.h"

namespace traind {

// A SweepStore in memory. Thread-safe. Can be told to fail, as a full disk would.
class FakeSweepStore : public SweepStore {
 public:
  absl::StatusOr<v1::Sweep> Create(v1::Sweep sweep, absl::string_view request_digest) override;
  absl::Status Update(const v1::Sweep& sweep) override;
  absl::StatusOr<v1::Sweep> Get(absl::string_view sweep_id) const override;
  absl::StatusOr<std::vector<v1::Sweep>> List(int count, absl::string_view before_id,
                                              absl::string_view name) const override;
  absl::StatusOr<std::vector<v1::Sweep>> ListActive() const override;
  absl::StatusOr<std::optional<RequestMatch>> FindRequest(
      absl::string_view request_id) const override;
  absl::Status Delete(absl::string_view sweep_id) override;

  // Every later write returns this, until it is OK again.
  void FailWritesWith(absl::Status status);

 private:
  struct Row {
    v1::Sweep sweep;
    std::string request_digest;
  };
  // Index into rows_, or NOT_FOUND.
  absl::StatusOr<size_t> Find(absl::string_view sweep_id) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::vector<Row> rows_ ABSL_GUARDED_BY(mutex_);  // oldest first
  std::map<std::string, int> newest_number_ ABSL_GUARDED_BY(mutex_);
  absl::Status write_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_TESTS_SUPPORT_FAKE_SWEEP_STORE_H_
