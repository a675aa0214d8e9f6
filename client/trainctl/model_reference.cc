#include "client/trainctl/model_reference.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace traind {
namespace {

bool Matches(const v1::ModelVersion& version, const ModelReference& reference) {
  if (reference.version > 0) return version.version() == reference.version;
  if (reference.alias.empty()) return true;
  return std::count(version.aliases().begin(), version.aliases().end(), reference.alias) > 0;
}

absl::Status NoSuchModel(const v1::ListModelsResponse& models, const std::string& name) {
  std::vector<std::string> names;
  for (const v1::Model& model : models.models()) names.push_back(model.name());
  return absl::NotFoundError(absl::StrCat(
      "no model ", name, "; published: ", names.empty() ? "none" : absl::StrJoin(names, ", "),
      "; a training publishes one: `trainctl start --model ", name, "`"));
}

absl::Status NoSuchVersion(const v1::Model& model, const ModelReference& reference) {
  std::vector<std::string> names;
  for (const v1::ModelVersion& version : model.versions()) {
    names.push_back(absl::StrCat(version.version()));
    names.insert(names.end(), version.aliases().begin(), version.aliases().end());
  }
  const std::string wanted =
      reference.version > 0 ? absl::StrCat(reference.version) : reference.alias;
  return absl::NotFoundError(absl::StrCat("model ", model.name(), " has no version or alias ",
                                          wanted, "; it has ", absl::StrJoin(names, ", ")));
}

}  // namespace

absl::StatusOr<ModelReference> ParseModelReference(const std::string& text) {
  const size_t at = text.find('@');
  ModelReference reference{.model = text.substr(0, at), .version = 0, .alias = ""};
  const std::string selector = at == std::string::npos ? "" : text.substr(at + 1);
  if (reference.model.empty() || (at != std::string::npos && selector.empty())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--model: expected a name such as s4, s4@3 or s4@production, got `", text, "`"));
  }
  if (!absl::SimpleAtoi(selector, &reference.version)) {
    reference.version = 0;
    reference.alias = selector;
  } else if (reference.version <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--model: versions count from 1, got `", text, "`"));
  }
  return reference;
}

absl::StatusOr<v1::ListModelsResponse> ListAllModels(Client& client) {
  v1::ListModelsResponse all;
  v1::ListModelsRequest request;
  do {
    absl::StatusOr<v1::ListModelsResponse> page = client.ListModels(request);
    if (!page.ok()) return page.status();
    request.set_page_token(page->next_page_token());
    all.mutable_models()->MergeFrom(page->models());
  } while (!request.page_token().empty());
  return all;
}

absl::StatusOr<v1::ModelVersion> FindModelVersion(const v1::ListModelsResponse& models,
                                                  const ModelReference& reference) {
  for (const v1::Model& model : models.models()) {
    if (model.name() != reference.model) continue;
    for (const v1::ModelVersion& version : model.versions()) {
      if (Matches(version, reference)) return version;
    }
    return NoSuchVersion(model, reference);
  }
  return NoSuchModel(models, reference.model);
}

}  // namespace traind
