#include "server/oip/repository_index.h"

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

const char* StateName(VersionState state) {
  switch (state) {
    case VersionState::kReady:
      return "READY";
    case VersionState::kUnavailable:
      return "UNAVAILABLE";
    case VersionState::kLoading:
      return "LOADING";
    case VersionState::kUnloading:
      return "UNLOADING";
    case VersionState::kUnknown:
      break;
  }
  return "UNKNOWN";
}

}  // namespace

inference::RepositoryIndexResponse IndexRepository(absl::Span<const RepositoryEntry> entries,
                                                   bool ready_only) {
  inference::RepositoryIndexResponse response;
  for (const RepositoryEntry& entry : entries) {
    if (ready_only && entry.state != VersionState::kReady) continue;
    inference::RepositoryIndexResponse::ModelIndex& model = *response.add_models();
    model.set_name(entry.model);
    model.set_version(absl::StrCat(entry.version));
    model.set_state(StateName(entry.state));
    model.set_reason(entry.reason);
  }
  return response;
}

}  // namespace traind
