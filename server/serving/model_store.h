#ifndef TRAIND_SERVER_SERVING_MODEL_STORE_H_
#define TRAIND_SERVER_SERVING_MODEL_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "traind/v1/model.pb.h"

namespace traind {

// Durable home of published versions. Thread-safe.
class ModelStore {
 public:
  virtual ~ModelStore() = default;

  // Copies `source_directory`, a checkpoint's, in as the next version of
  // description.model(), without what only a training needs (kTrainingFilePrefix), and
  // returns the description with its version number. Durable on return; all or
  // nothing. A run_id that was published before returns its version unchanged.
  virtual absl::StatusOr<v1::ModelVersion> Publish(v1::ModelVersion description,
                                                   const std::string& source_directory) = 0;

  // A version; 0 is the newest. NOT_FOUND says which models or versions there are.
  virtual absl::StatusOr<v1::ModelVersion> Get(absl::string_view model, int64_t version) const = 0;

  // The number of a version that there is; 0 is the newest. As Get, but quick.
  virtual absl::StatusOr<int64_t> FindVersion(absl::string_view model, int64_t version) const = 0;

  // Every model by name, versions newest first.
  virtual std::vector<v1::Model> List() const = 0;

  // The folder that holds a version's files.
  virtual std::string Directory(absl::string_view model, int64_t version) const = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_MODEL_STORE_H_
