#ifndef TRAIND_SERVER_SERVING_MODEL_CATALOG_H_
#define TRAIND_SERVER_SERVING_MODEL_CATALOG_H_

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/serving/model_store.h"
#include "traind/v1/model_service.pb.h"

namespace traind {

// What ModelService offers, over the store: reads models, moves their aliases and
// deletes versions. Codes as in model_service.proto. Thread-safe.
class ModelCatalog {
 public:
  // Tells whether a version can be served, before an alias moves to it; its error is
  // the call's. A rollback does not ask: its version was served before, and haste is
  // what it is for. May block; called without locks held.
  using Check = std::function<absl::Status(const v1::ModelVersion&)>;

  // Without a check every version that exists will do. Store and clock must outlive it.
  ModelCatalog(ModelStore& store, Check check, const Clock& clock)
      : store_(store), check_(std::move(check)), clock_(clock) {}

  absl::StatusOr<v1::Model> Get(const v1::GetModelRequest& request) const;
  absl::StatusOr<v1::Model> SetAlias(const v1::SetModelAliasRequest& request);
  absl::StatusOr<v1::Model> DeleteAlias(const v1::DeleteModelAliasRequest& request);
  absl::StatusOr<v1::Model> RollbackAlias(const v1::RollbackModelAliasRequest& request);
  absl::StatusOr<v1::Model> SetCanaryShare(const v1::SetCanaryShareRequest& request);
  absl::StatusOr<v1::Model> DeleteVersion(const v1::DeleteModelVersionRequest& request);

 private:
  ModelStore& store_;
  const Check check_;
  const Clock& clock_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_MODEL_CATALOG_H_
