#include "tests/crash/model_changes.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

constexpr char kModel[] = "moved";
constexpr char kAlias[] = "production";
constexpr int64_t kDeletedVersion = 3;
const absl::Time kNow = absl::UnixEpoch();

}  // namespace

ModelChanges::ModelChanges(ModelStore& models, ToldFacts told)
    : models_(models), told_(std::move(told)) {}

absl::Status ModelChanges::Play(const std::string& source_directory) {
  RETURN_IF_ERROR(PublishUpTo(2, source_directory));
  RETURN_IF_ERROR(MoveAlias(1));
  RETURN_IF_ERROR(MoveAlias(2));
  RETURN_IF_ERROR(RollBack());
  RETURN_IF_ERROR(PublishUpTo(kDeletedVersion, source_directory));
  if (models_.Get(kModel, kDeletedVersion).ok()) {
    RETURN_IF_ERROR(models_.DeleteVersion(kModel, kDeletedVersion, false).status());
    told_.NoteVersionDeleted(kModel, kDeletedVersion);
  }
  return PublishUpTo(4, source_directory);
}

absl::Status ModelChanges::PublishUpTo(int64_t version, const std::string& source_directory) {
  while (true) {
    const absl::StatusOr<v1::Model> model = models_.Find(kModel);
    const int64_t last = model.ok() ? model->last_version() : 0;
    if (last >= version) return absl::OkStatus();
    v1::ModelVersion description;
    description.set_model(kModel);
    description.set_run_id(absl::StrCat(kModel, "-", last + 1));
    RETURN_IF_ERROR(models_.Publish(std::move(description), source_directory).status());
  }
}

absl::Status ModelChanges::MoveAlias(int64_t version) {
  told_.NoteAliasMove(kAlias, version);
  RETURN_IF_ERROR(models_.SetAlias(kModel, kAlias, version, kNow).status());
  told_.NoteAlias(kAlias, version);
  return absl::OkStatus();
}

absl::Status ModelChanges::RollBack() {
  told_.NoteAliasMove(kAlias, 1);
  RETURN_IF_ERROR(models_.RollbackAlias(kModel, kAlias, kNow).status());
  told_.NoteAlias(kAlias, 1);
  return absl::OkStatus();
}

std::vector<std::string> ModelChanges::CheckTold() const {
  std::vector<std::string> findings;
  const ToldFacts::Fact alias = told_.Read()[kAlias];
  const absl::StatusOr<v1::ModelVersion> production = models_.Resolve(kModel, kAlias);
  const int64_t version = production.ok() ? production->version() : 0;
  if (version != alias.alias_version && version != alias.alias_next_version) {
    findings.push_back(absl::StrCat(kAlias, ": at version ", version, ", told of ",
                                    alias.alias_version, " and then of a move to ",
                                    alias.alias_next_version));
  }
  const int64_t deleted = told_.Read()[kModel].deleted_version;
  if (deleted > 0 && models_.Get(kModel, deleted).ok()) {
    findings.push_back(absl::StrCat(kModel, ": version ", deleted, " is back"));
  }
  if (const absl::StatusOr<v1::Model> model = models_.Find(kModel);
      model.ok() && model->last_version() < deleted) {
    findings.push_back(absl::StrCat(kModel, ": counts on from ", model->last_version()));
  }
  return findings;
}

std::vector<std::string> ModelChanges::CheckEnd() const {
  const absl::StatusOr<v1::Model> model = models_.Find(kModel);
  if (!model.ok()) return {model.status().ToString()};
  std::string text;
  for (const v1::ModelVersion& version : model->versions()) {
    absl::StrAppend(&text, version.version(), " by ", version.run_id(), " ");
    for (const std::string& alias : version.aliases()) absl::StrAppend(&text, "(", alias, ") ");
  }
  const std::string expected = "4 by moved-4 2 by moved-2 1 by moved-1 (production) ";
  if (text == expected) return {};
  return {absl::StrCat(kModel, ": expected ", expected, ", got ", text)};
}

}  // namespace traind
