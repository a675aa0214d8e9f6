#ifndef TRAIND_SERVER_STORE_FILE_MODEL_STORE_H_
#define TRAIND_SERVER_STORE_FILE_MODEL_STORE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/serving/model_store.h"

namespace traind {

// Published versions as folders `<root>/<model>/<version>/`, each with the
// checkpoint's files and its description `version.textproto` (docs/formats.md).
// Descriptions are kept in memory. Thread-safe.
class FileModelStore : public ModelStore {
 public:
  // Creates `root` if need be, reads every version in it and removes what a
  // publication that was cut short left behind. DATA_LOSS names a description
  // that is absent or cannot be read.
  static absl::StatusOr<std::unique_ptr<FileModelStore>> Open(const std::string& root);

  // Copies while holding off only other publications. INVALID_ARGUMENT for a
  // model name that cannot be a folder's; NOT_FOUND for an absent source;
  // RESOURCE_EXHAUSTED: disk full, and nothing is left behind.
  absl::StatusOr<v1::ModelVersion> Publish(v1::ModelVersion description,
                                           const std::string& source_directory) override;
  absl::StatusOr<int64_t> FindVersion(absl::string_view model, int64_t version) const override;
  absl::StatusOr<v1::ModelVersion> Get(absl::string_view model, int64_t version) const override;
  std::vector<v1::Model> List() const override;
  std::string Directory(absl::string_view model, int64_t version) const override;

 private:
  using Versions = std::map<int64_t, v1::ModelVersion>;

  explicit FileModelStore(std::string root) : root_(std::move(root)) {}
  absl::Status LoadModel(const std::string& model);
  absl::Status LoadVersion(const std::string& model, int64_t version);
  // A version; 0 is the newest.
  absl::StatusOr<const v1::ModelVersion*> FindEntry(absl::string_view model, int64_t version) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // The version that the run made, or null.
  const v1::ModelVersion* FindRun(absl::string_view run_id) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::Status WriteVersion(const v1::ModelVersion& description,
                            const std::string& source_directory) const;

  // Constant after construction.
  const std::string root_;
  // Held for a whole publication, before mutex_.
  absl::Mutex publish_mutex_;
  mutable absl::Mutex mutex_;
  std::map<std::string, Versions, std::less<>> models_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_FILE_MODEL_STORE_H_
