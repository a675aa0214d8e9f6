#ifndef TRAIND_TESTS_SUPPORT_FAKE_RUN_STORE_H_
#define TRAIND_TESTS_SUPPORT_FAKE_RUN_STORE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/runs/run_store.h"

namespace traind {

// A RunStore in memory. Thread-safe. Can be told to fail, as a full disk would.
class FakeRunStore : public RunStore {
 public:
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
  // The bytes of the runs and events as messages.
  int64_t SizeBytes() const override;

  // Every later write returns this, until it is OK again.
  void FailWritesWith(absl::Status status);

 private:
  struct Row {
    v1::Run run;
    std::string request_digest;
    std::vector<v1::Event> events;
  };
  // Index into rows_, or NOT_FOUND.
  absl::StatusOr<size_t> Find(absl::string_view run_id) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::vector<Row> rows_ ABSL_GUARDED_BY(mutex_);  // oldest first
  std::map<std::string, int> newest_number_ ABSL_GUARDED_BY(mutex_);
  bool something_to_reclaim_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status write_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_TESTS_SUPPORT_FAKE_RUN_STORE_H_
