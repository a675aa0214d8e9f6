#ifndef TRAIND_SERVER_STORE_FILE_MODEL_STORE_H_
#define TRAIND_SERVER_STORE_FILE_MODEL_STORE_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/base/limits.h"
#include "server/serving/model_store.h"

namespace traind {

// Published versions as folders `<root>/<model>/<version>/`, each with the
// checkpoint's files and its description `version.textproto`, and beside them the
// model's `aliases.textproto` (docs/formats.md). All but the checkpoints' files is kept
// in memory. Thread-safe.
class FileModelStore : public ModelStore {
 public:
  // Creates `root` if need be, reads every version in it and removes what a
  // publication or deletion that was cut short left behind. DATA_LOSS names a
  // description that is absent or cannot be read, and an alias of a version that is
  // not there.
  static absl::StatusOr<std::unique_ptr<FileModelStore>> Open(const std::string& root,
                                                              const Limits& limits = Limits());

  // Copies while holding off only other publications. INVALID_ARGUMENT for a
  // model name that cannot be a folder's; NOT_FOUND for an absent source;
  // RESOURCE_EXHAUSTED: disk full, and nothing is left behind.
  absl::StatusOr<v1::ModelVersion> Publish(v1::ModelVersion description,
                                           const std::string& source_directory) override;
  absl::StatusOr<int64_t> FindVersion(absl::string_view model, int64_t version) const override;
  absl::StatusOr<v1::ModelVersion> Get(absl::string_view model, int64_t version) const override;
  absl::StatusOr<int64_t> FindAliased(absl::string_view model,
                                      absl::string_view alias) const override;
  absl::StatusOr<ModelRoute> FindRoute(absl::string_view model) const override;
  absl::StatusOr<v1::ModelVersion> Resolve(absl::string_view model,
                                           absl::string_view alias) const override;
  absl::StatusOr<v1::Model> Find(absl::string_view model) const override;
  std::vector<v1::Model> List() const override;

  // None waits for a publication: moving an alias back may be urgent.
  absl::StatusOr<v1::Model> SetAlias(absl::string_view model, absl::string_view alias,
                                     int64_t version, absl::Time now) override;
  absl::StatusOr<v1::Model> DeleteAlias(absl::string_view model, absl::string_view alias) override;
  absl::StatusOr<v1::Model> RollbackAlias(absl::string_view model, absl::string_view alias,
                                          absl::Time now) override;
  absl::StatusOr<v1::Model> SetCanaryPercent(absl::string_view model, int percent) override;
  // Writes a new file only when the newest version goes, so that the others can also
  // be deleted when the disk is full. Files that cannot be removed once the version is
  // gone are the next deletion's, or the next Open's.
  absl::StatusOr<v1::Model> DeleteVersion(absl::string_view model, int64_t version,
                                          bool allow_last) override;

  absl::StatusOr<std::optional<v1::ModelSample>> FindSample(absl::string_view model,
                                                            int64_t version) const override;
  std::string Directory(absl::string_view model, int64_t version) const override;

 private:
  struct Entry {
    std::map<int64_t, v1::ModelVersion> versions;
    // Without versions. Its last_version is never below theirs.
    v1::Model record;
  };

  FileModelStore(std::string root, const Limits& limits)
      : root_(std::move(root)), limits_(limits) {}
  absl::Status LoadModel(const std::string& model);
  absl::Status LoadVersion(const std::string& model, int64_t version);
  // The version that the run made, or null.
  const v1::ModelVersion* FindRun(absl::string_view run_id) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  // A model that has a version.
  absl::StatusOr<const Entry*> FindEntry(absl::string_view model) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::Status WriteVersion(const v1::ModelVersion& description,
                            const std::string& source_directory) const;
  // Writes the model's aliases as `change` leaves them, then has them.
  absl::StatusOr<v1::Model> ChangeAliases(absl::string_view model,
                                          const std::function<absl::Status(v1::Model&)>& change)
      ABSL_LOCKS_EXCLUDED(change_mutex_, mutex_);
  // Moves a version's folder out of the way.
  absl::Status HideVersion(absl::string_view model, int64_t version) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mutex_);
  std::string Folder(absl::string_view model) const;

  // Constant after construction.
  const std::string root_;
  const Limits limits_;
  // Each held for a whole change, before mutex_; never both.
  absl::Mutex publish_mutex_;
  absl::Mutex change_mutex_;
  mutable absl::Mutex mutex_;
  std::map<std::string, Entry, std::less<>> models_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_FILE_MODEL_STORE_H_
