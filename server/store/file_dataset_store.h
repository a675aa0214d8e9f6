#ifndef TRAIND_SERVER_STORE_FILE_DATASET_STORE_H_
#define TRAIND_SERVER_STORE_FILE_DATASET_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/datasets/dataset_directory.h"
#include "server/datasets/dataset_importer.h"
#include "server/datasets/dataset_store.h"
#include "server/store/push_folder.h"

namespace traind {

// Datasets as folders `<root>/<name>/` (docs/formats.md). What is being pushed lies in
// `<root>/.pushing/<id>/` until it is whole, and goes to its place in one step.
// Thread-safe.
class FileDatasetStore : public DatasetStore {
 public:
  struct Options {
    // What datasets that were pushed, and pushes, may occupy together; 0: no limit.
    int64_t quota_bytes = 0;
    Limits limits;
  };

  // Takes over pushes that an earlier server left, and removes what deletions left. The
  // root is where `directory` reads; it is made by the first push if need be. The others
  // must outlive the store.
  FileDatasetStore(const Options& options, const DatasetDirectory& directory,
                   DatasetImporter& importer, const Clock& clock);

  absl::StatusOr<v1::DatasetPush> BeginPush(const v1::BeginDatasetPushRequest& request) override;
  absl::Status Append(absl::string_view push_id, int64_t offset, absl::string_view bytes) override;
  // Whatever the importer refuses is forgotten, with its bytes.
  absl::StatusOr<v1::Dataset> FinishPush(absl::string_view push_id) override;
  absl::StatusOr<int64_t> Delete(absl::string_view name) override;

 private:
  absl::StatusOr<std::shared_ptr<PushFolder>> FindPush(absl::string_view push_id)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The dataset of a push's name, as an answer: when the push made it. Nothing when there
  // is none; ALREADY_EXISTS when it is another one.
  absl::StatusOr<std::optional<v1::Dataset>> FindMade(const std::string& name,
                                                      const std::string& push_id) const;
  absl::Status CheckRoom(int64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ForgetOldPushes() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<v1::Dataset> Publish(PushFolder& push) ABSL_LOCKS_EXCLUDED(mutex_);
  void Forget(const std::string& push_id) ABSL_LOCKS_EXCLUDED(mutex_);
  std::string PathOf(absl::string_view name) const;

  // Constant after construction.
  const Options options_;
  const std::string pushing_;
  const std::string removing_;
  const DatasetDirectory& directory_;
  DatasetImporter& importer_;
  const Clock& clock_;

  absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<PushFolder>, std::less<>> pushes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_FILE_DATASET_STORE_H_
