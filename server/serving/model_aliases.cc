#include "server/serving/model_aliases.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

constexpr size_t kAliasNameSizeMax = 63;

v1::ModelAlias* FindMutable(v1::Model& model, absl::string_view alias) {
  for (v1::ModelAlias& entry : *model.mutable_aliases()) {
    if (entry.name() == alias) return &entry;
  }
  return nullptr;
}

bool HasVersion(const v1::Model& model, int64_t version) {
  return std::any_of(model.versions().begin(), model.versions().end(),
                     [version](const auto& entry) { return entry.version() == version; });
}

// The versions, newest first, at most as many as a message can hold.
std::string VersionsText(const v1::Model& model) {
  constexpr int kVersionsInMessageMax = 10;
  std::vector<std::string> numbers;
  for (const v1::ModelVersion& version : model.versions()) {
    if (static_cast<int>(numbers.size()) == kVersionsInMessageMax) {
      numbers.emplace_back("…");
      break;
    }
    numbers.push_back(absl::StrCat(version.version()));
  }
  return absl::StrJoin(numbers, ", ");
}

absl::Status NoSuchVersion(const v1::Model& model, int64_t version) {
  return absl::NotFoundError(absl::StrCat("model ", model.name(), " has no version ", version,
                                          "; versions: ", VersionsText(model)));
}

void SetTime(v1::ModelAlias& alias, absl::Time now) {
  const int64_t seconds = absl::ToUnixSeconds(now);
  alias.mutable_update_time()->set_seconds(seconds);
  alias.mutable_update_time()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(now - absl::FromUnixSeconds(seconds))));
}

}  // namespace

absl::Status CheckAliasName(absl::string_view alias) {
  bool good = !alias.empty() && alias.size() <= kAliasNameSizeMax;
  for (const char c : alias) good = good && (absl::ascii_isalnum(c) || c == '-' || c == '_');
  if (good && std::any_of(alias.begin(), alias.end(), absl::ascii_isalpha)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("alias: expected 1 to ", kAliasNameSizeMax,
                   " letters, digits, `-` and `_` with a letter among them, such as production, "
                   "got \"",
                   alias, "\""));
}

const v1::ModelAlias* FindAlias(const v1::Model& model, absl::string_view alias) {
  const auto found = std::find_if(model.aliases().begin(), model.aliases().end(),
                                  [alias](const auto& entry) { return entry.name() == alias; });
  return found == model.aliases().end() ? nullptr : &*found;
}

absl::Status NoSuchAlias(const v1::Model& model, absl::string_view alias) {
  std::vector<std::string> names;
  for (const v1::ModelAlias& entry : model.aliases()) names.push_back(entry.name());
  return absl::NotFoundError(
      absl::StrCat("model ", model.name(), " has no alias \"", alias,
                   "\"; aliases: ", names.empty() ? "none yet" : absl::StrJoin(names, ", ")));
}

absl::Status MoveAlias(v1::Model& model, absl::string_view alias, int64_t version, absl::Time now,
                       int aliases_max) {
  RETURN_IF_ERROR(CheckAliasName(alias));
  if (!HasVersion(model, version)) return NoSuchVersion(model, version);
  v1::ModelAlias* entry = FindMutable(model, alias);
  if (entry == nullptr) {
    if (model.aliases_size() >= aliases_max) {
      return absl::ResourceExhaustedError(
          absl::StrCat("model ", model.name(), " has ", model.aliases_size(), " aliases (at most ",
                       aliases_max, ", model_aliases_max); delete one first"));
    }
    entry = model.add_aliases();
    entry->set_name(std::string(alias));
  } else if (entry->version() == version) {
    return absl::OkStatus();
  }
  entry->set_previous_version(entry->version());
  entry->set_version(version);
  SetTime(*entry, now);
  std::sort(model.mutable_aliases()->begin(), model.mutable_aliases()->end(),
            [](const auto& a, const auto& b) { return a.name() < b.name(); });
  ConnectAliases(model);
  return absl::OkStatus();
}

absl::Status RemoveAlias(v1::Model& model, absl::string_view alias) {
  auto& aliases = *model.mutable_aliases();
  const auto found = std::find_if(aliases.begin(), aliases.end(),
                                  [alias](const auto& entry) { return entry.name() == alias; });
  if (found == aliases.end()) return NoSuchAlias(model, alias);
  aliases.erase(found);
  if (alias == kCanaryAlias) model.set_canary_percent(0);
  ConnectAliases(model);
  return absl::OkStatus();
}

absl::Status RollBackAlias(v1::Model& model, absl::string_view alias, absl::Time now) {
  v1::ModelAlias* const entry = FindMutable(model, alias);
  if (entry == nullptr) return NoSuchAlias(model, alias);
  const int64_t version = entry->previous_version();
  if (version == 0 || !HasVersion(model, version)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "alias ", alias, " of model ", model.name(), " has no version to go back to: it was not ",
        "moved, was rolled back already, or that version was deleted; it stays at version ",
        entry->version(), "; point it to one of ", VersionsText(model), " instead"));
  }
  entry->set_version(version);
  entry->set_previous_version(0);
  SetTime(*entry, now);
  ConnectAliases(model);
  return absl::OkStatus();
}

ModelRoute RouteOf(const v1::Model& model, int64_t newest) {
  const v1::ModelAlias* const production = FindAlias(model, kProductionAlias);
  const v1::ModelAlias* const canary = FindAlias(model, kCanaryAlias);
  return {production == nullptr ? newest : production->version(),
          canary == nullptr ? 0 : canary->version(), model.canary_percent()};
}

absl::Status SetCanaryPercent(v1::Model& model, int percent) {
  if (percent < 0 || percent > 100) {
    return absl::InvalidArgumentError(absl::StrCat("percent: expected 0 to 100, got ", percent));
  }
  if (percent > 0 && FindAlias(model, kCanaryAlias) == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("model ", model.name(), " has no alias ", kCanaryAlias,
                     " for a share of its requests; point that alias to a version first"));
  }
  model.set_canary_percent(percent);
  return absl::OkStatus();
}

absl::Status CheckDeletable(const v1::Model& model, int64_t version, bool allow_last) {
  if (!HasVersion(model, version)) return NoSuchVersion(model, version);
  std::vector<std::string> names;
  for (const v1::ModelAlias& alias : model.aliases()) {
    if (alias.version() == version) names.push_back(alias.name());
  }
  if (!names.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "version ", version, " of model ", model.name(), " is what ", absl::StrJoin(names, ", "),
        names.size() == 1 ? " points to; move or delete that alias first"
                          : " point to; move or delete those aliases first"));
  }
  if (model.versions_size() == 1 && !allow_last) {
    return absl::FailedPreconditionError(absl::StrCat(
        "version ", version, " is the only one of model ", model.name(),
        ", which cannot predict without it; set allow_last to delete it all the same"));
  }
  return absl::OkStatus();
}

void ConnectAliases(v1::Model& model) {
  for (v1::ModelVersion& version : *model.mutable_versions()) {
    version.clear_aliases();
    for (const v1::ModelAlias& alias : model.aliases()) {
      if (alias.version() == version.version()) version.add_aliases(alias.name());
    }
  }
  for (v1::ModelAlias& alias : *model.mutable_aliases()) {
    if (!HasVersion(model, alias.previous_version())) alias.set_previous_version(0);
  }
}

}  // namespace traind
