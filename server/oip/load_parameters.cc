#include "server/oip/load_parameters.h"

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/oip/error_text.h"

namespace traind {
namespace {

absl::StatusOr<std::string> VersionText(const inference::ModelRepositoryParameter& parameter) {
  if (parameter.has_int64_param()) return absl::StrCat(parameter.int64_param());
  if (parameter.has_string_param()) return parameter.string_param();
  return absl::InvalidArgumentError(
      "parameter version: expected a number as int64 or an alias as text, got another type");
}

}  // namespace

absl::StatusOr<std::string> ParseLoadParameters(const RepositoryParameterMap& parameters) {
  std::string version;
  for (const auto& [name, value] : parameters) {
    if (name == "unload_dependents") continue;
    if (name == "version") {
      ASSIGN_OR_RETURN(version, VersionText(value));
    } else if (name == "config" || absl::StartsWith(name, "file:")) {
      return absl::InvalidArgumentError(absl::StrCat(
          "parameter ", QuotedName(name),
          ": expected none, since models and how they are served come from trainings alone; "
          "train the model and load its version"));
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("parameters: expected version or none, got ", QuotedName(name)));
    }
  }
  return version;
}

}  // namespace traind
