#ifndef TRAIND_SERVER_SERVING_MODEL_CATALOG_H_
#define TRAIND_SERVER_SERVING_MODEL_CATALOG_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/base/limits.h"
#include "server/serving/load_states.h"
#include "server/serving/model_pool.h"
#include "server/serving/model_store.h"
#include "traind/v1/model_service.pb.h"

namespace traind {

// What ModelService offers, over the store: reads models, moves their aliases, unloads
// and deletes versions. Codes as in model_service.proto. Thread-safe.
class ModelCatalog {
 public:
  // Before an alias moves, its version is loaded into `pool`; a rollback does not wait
  // for that: its version was served before, and haste is what it is for. Without a
  // pool every version that exists will do. `trouble_of` may be null. All must outlive it.
  ModelCatalog(ModelStore& store, ModelPool* pool, const Clock& clock,
               const Limits& limits = Limits(), TroubleOf trouble_of = nullptr)
      : store_(store),
        pool_(pool),
        clock_(clock),
        limits_(limits),
        trouble_of_(std::move(trouble_of)) {}

  absl::StatusOr<v1::Model> Get(const v1::GetModelRequest& request) const;
  absl::StatusOr<v1::Model> SetAlias(const v1::SetModelAliasRequest& request);
  absl::StatusOr<v1::Model> DeleteAlias(const v1::DeleteModelAliasRequest& request);
  absl::StatusOr<v1::Model> RollbackAlias(const v1::RollbackModelAliasRequest& request);
  absl::StatusOr<v1::Model> SetCanaryShare(const v1::SetCanaryShareRequest& request);
  absl::StatusOr<v1::UnloadModelResponse> Unload(const v1::UnloadModelRequest& request);
  absl::StatusOr<v1::Model> DeleteVersion(const v1::DeleteModelVersionRequest& request);

 private:
  // OK once the version is READY.
  absl::Status CheckServable(const v1::ModelVersion& version) const;
  // The model with the states of its versions.
  absl::StatusOr<v1::Model> WithStates(absl::StatusOr<v1::Model> model) const;

  // Each synchronises itself.
  ModelStore& store_;
  ModelPool* const pool_;
  const Clock& clock_;
  // Constant after construction.
  const Limits limits_;
  const TroubleOf trouble_of_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SERVING_MODEL_CATALOG_H_
