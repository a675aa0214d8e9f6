#include "server/serving/model_catalog.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
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
  return WithStates(store_.Find(request.model()));
}

absl::StatusOr<v1::Model> ModelCatalog::SetAlias(const v1::SetModelAliasRequest& request) {
  RETURN_IF_ERROR(RequireModel(request.model()));
  RETURN_IF_ERROR(CheckAliasName(request.alias()));
  RETURN_IF_ERROR(RequireVersion(request.version()));
  ASSIGN_OR_RETURN(const v1::ModelVersion version, store_.Get(request.model(), request.version()));
  RETURN_IF_ERROR(CheckServable(version));
  return WithStates(
      store_.SetAlias(request.model(), request.alias(), request.version(), clock_.Now()));
}

absl::StatusOr<v1::Model> ModelCatalog::DeleteAlias(const v1::DeleteModelAliasRequest& request) {
  RETURN_IF_ERROR(RequireModel(request.model()));
  RETURN_IF_ERROR(CheckAliasName(request.alias()));
  return WithStates(store_.DeleteAlias(request.model(), request.alias()));
}

absl::StatusOr<v1::Model> ModelCatalog::RollbackAlias(
    const v1::RollbackModelAliasRequest& request) {
  RETURN_IF_ERROR(RequireModel(request.model()));
  RETURN_IF_ERROR(CheckAliasName(request.alias()));
  return WithStates(store_.RollbackAlias(request.model(), request.alias(), clock_.Now()));
}

absl::StatusOr<v1::Model> ModelCatalog::SetCanaryShare(const v1::SetCanaryShareRequest& request) {
  RETURN_IF_ERROR(RequireModel(request.model()));
  return WithStates(store_.SetCanaryPercent(request.model(), request.percent()));
}

absl::StatusOr<v1::UnloadModelResponse> ModelCatalog::Unload(
    const v1::UnloadModelRequest& request) {
  RETURN_IF_ERROR(RequireModel(request.model()));
  if (request.version() != 0) RETURN_IF_ERROR(RequireVersion(request.version()));
  RETURN_IF_ERROR(store_.FindVersion(request.model(), request.version()).status());
  v1::UnloadModelResponse response;
  if (pool_ == nullptr) return response;
  for (const ModelPool::Status& status : pool_->Statuses()) {
    if (status.model != request.model() || status.state != ModelPool::State::kReady) continue;
    if (request.version() != 0 && status.version != request.version()) continue;
    response.set_freed_bytes(response.freed_bytes() + pool_->Unload(status.model, status.version));
    response.add_versions(status.version);
  }
  return response;
}

absl::StatusOr<v1::Model> ModelCatalog::DeleteVersion(
    const v1::DeleteModelVersionRequest& request) {
  RETURN_IF_ERROR(RequireModel(request.model()));
  RETURN_IF_ERROR(RequireVersion(request.version()));
  absl::StatusOr<v1::Model> model =
      store_.DeleteVersion(request.model(), request.version(), request.allow_last());
  // Also after an error, which may have come when the version was gone already.
  if (pool_ != nullptr &&
      absl::IsNotFound(store_.FindVersion(request.model(), request.version()).status())) {
    pool_->Forget(request.model(), request.version());
  }
  return WithStates(std::move(model));
}

absl::Status ModelCatalog::CheckServable(const v1::ModelVersion& version) const {
  if (pool_ == nullptr) return absl::OkStatus();
  // Shared with the pool, which may answer after the deadline.
  struct Load {
    absl::Notification done;
    absl::Status status;
  };
  const auto load = std::make_shared<Load>();
  pool_->Get(version, [load](const ModelPool::Loaded& loaded) {
    load->status = loaded.status();
    load->done.Notify();
  });
  const std::string name = absl::StrCat("version ", version.version(), " of ", version.model());
  if (!load->done.WaitForNotificationWithTimeout(limits_.model_check_timeout)) {
    return absl::DeadlineExceededError(absl::StrCat(
        name, " was not loaded within ", absl::FormatDuration(limits_.model_check_timeout),
        " (model_check_timeout), and the alias was not moved; try again"));
  }
  if (load->status.ok()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      name,
      " cannot be served, and the alias was not moved: ", std::string(load->status.message())));
}

absl::StatusOr<v1::Model> ModelCatalog::WithStates(absl::StatusOr<v1::Model> model) const {
  if (model.ok() && pool_ != nullptr) AddLoadStates(*pool_, trouble_of_, *model);
  return model;
}

}  // namespace traind
