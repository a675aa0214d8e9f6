#ifndef TRAIND_SERVER_SERVING_MODEL_STORE_H_
#define TRAIND_SERVER_SERVING_MODEL_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "traind/v1/model.pb.h"

namespace traind {

// Where requests of a model go that name neither a version nor an alias: one snapshot.
struct ModelRoute {
  // The alias `production`'s, or without it the newest.
  int64_t version = 0;
  // The alias `canary`'s; 0 without it.
  int64_t canary_version = 0;
  // Of a hundred requests, how many go there.
  int canary_percent = 0;
};

// Durable home of published versions and of the aliases that point to them. What has
// returned OK survives a crash; anything else was done as a whole or not at all. Models
// and versions come back with the names of their aliases. Thread-safe.
class ModelStore {
 public:
  virtual ~ModelStore() = default;

  // Copies `source_directory`, a checkpoint's, in as the next version of
  // description.model(), without what only a training needs (kTrainingFilePrefix), and
  // returns the description with its version number. Durable on return; all or
  // nothing. A run_id that was published before returns its version unchanged, unless
  // that was deleted. No number is given twice.
  virtual absl::StatusOr<v1::ModelVersion> Publish(v1::ModelVersion description,
                                                   const std::string& source_directory) = 0;

  // A version; 0 is the newest. NOT_FOUND says which models or versions there are.
  virtual absl::StatusOr<v1::ModelVersion> Get(absl::string_view model, int64_t version) const = 0;

  // The number of a version that there is; 0 is the newest. As Get, but quick.
  virtual absl::StatusOr<int64_t> FindVersion(absl::string_view model, int64_t version) const = 0;

  // The number of the version that an alias points to. As Resolve, but quick.
  virtual absl::StatusOr<int64_t> FindAliased(absl::string_view model,
                                              absl::string_view alias) const = 0;

  // Quick. NOT_FOUND as Get.
  virtual absl::StatusOr<ModelRoute> FindRoute(absl::string_view model) const = 0;

  // The version that an alias points to. NOT_FOUND says which models or aliases there are.
  virtual absl::StatusOr<v1::ModelVersion> Resolve(absl::string_view model,
                                                   absl::string_view alias) const = 0;

  // A model with its versions, newest first, and its aliases by name. NOT_FOUND as Get.
  virtual absl::StatusOr<v1::Model> Find(absl::string_view model) const = 0;

  // Every model that has a version, by name, each as Find has it.
  virtual std::vector<v1::Model> List() const = 0;

  // Each of the following changes one model and returns it as it is then. After an error
  // of the disk it may have been made all the same; making it again settles that.

  // As MoveAlias in model_aliases.h; `now` becomes the alias's update_time.
  virtual absl::StatusOr<v1::Model> SetAlias(absl::string_view model, absl::string_view alias,
                                             int64_t version, absl::Time now) = 0;
  // As RemoveAlias there.
  virtual absl::StatusOr<v1::Model> DeleteAlias(absl::string_view model,
                                                absl::string_view alias) = 0;
  // As RollBackAlias there.
  virtual absl::StatusOr<v1::Model> RollbackAlias(absl::string_view model, absl::string_view alias,
                                                  absl::Time now) = 0;
  // As SetCanaryPercent there.
  virtual absl::StatusOr<v1::Model> SetCanaryPercent(absl::string_view model, int percent) = 0;
  // Removes a version with its files if CheckDeletable there allows it. An alias whose
  // version before it was has none any more.
  virtual absl::StatusOr<v1::Model> DeleteVersion(absl::string_view model, int64_t version,
                                                  bool allow_last) = 0;

  // What a version answered in its training; none for one that was published without.
  // DATA_LOSS when it cannot be read.
  virtual absl::StatusOr<std::optional<v1::ModelSample>> FindSample(absl::string_view model,
                                                                    int64_t version) const = 0;

  // The folder that holds a version's files.
  virtual std::string Directory(absl::string_view model, int64_t version) const = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_MODEL_STORE_H_
