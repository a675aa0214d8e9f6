#include "server/serving/model_catalog.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/serving/model_aliases.h"

namespace traind {
namespace {

absl::Status RequireModel(const std::string& model) {
  if (!model.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("model: expected a model's name such as s4, got none");
}

// 0, which the store takes for the newest, is a version that was forgotten.
absl::Status RequireVersion(int64_t version) {
  if (version >= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("version: expected a version's number, 1 or more, got ", version));
}

}  // namespace

absl::StatusOr<v1::Model> ModelCatalog::Get(const v1::GetModelRequest& request) const {
  RETURN_IF_ERROR(RequireModel(request.model()));
  return store_.Find(request.model());
}

absl::StatusOr<v1::Model> ModelCatalog::SetAlias(const v1::SetModelAliasRequest& request) {
  RETURN_IF_ERROR(RequireModel(request.model()));
  RETURN_IF_ERROR(CheckAliasName(request.alias()));
  RETURN_IF_ERROR(RequireVersion(request.version()));
  ASSIGN_OR_RETURN(const v1::ModelVersion version, store_.Get(request.model(), request.version()));
  if (check_) RETURN_IF_ERROR(check_(version));
  return store_.SetAlias(request.model(), request.alias(), request.version(), clock_.Now());
}

absl::StatusOr<v1::Model> ModelCatalog::DeleteAlias(const v1::DeleteModelAliasRequest& request) {
  RETURN_IF_ERROR(RequireModel(request.model()));
  RETURN_IF_ERROR(CheckAliasName(request.alias()));
  return store_.DeleteAlias(request.model(), request.alias());
}

absl::StatusOr<v1::Model> ModelCatalog::RollbackAlias(
    const v1::RollbackModelAliasRequest& request) {
  RETURN_IF_ERROR(RequireModel(request.model()));
  RETURN_IF_ERROR(CheckAliasName(request.alias()));
  return store_.RollbackAlias(request.model(), request.alias(), clock_.Now());
}

absl::StatusOr<v1::Model> ModelCatalog::SetCanaryShare(const v1::SetCanaryShareRequest& request) {
  RETURN_IF_ERROR(RequireModel(request.model()));
  return store_.SetCanaryPercent(request.model(), request.percent());
}

absl::StatusOr<v1::Model> ModelCatalog::DeleteVersion(
    const v1::DeleteModelVersionRequest& request) {
  RETURN_IF_ERROR(RequireModel(request.model()));
  RETURN_IF_ERROR(RequireVersion(request.version()));
  return store_.DeleteVersion(request.model(), request.version(), request.allow_last());
}

}  // namespace traind
