#ifndef TRAIND_SERVER_OIP_REPOSITORY_INDEX_H_
#define TRAIND_SERVER_OIP_REPOSITORY_INDEX_H_

#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "inference/grpc_service.pb.h"

namespace traind {

// Whether a version can be asked.
enum class VersionState { kUnknown, kReady, kUnavailable, kLoading, kUnloading };

// A version in the list of models.
struct RepositoryEntry {
  std::string model;
  int64_t version = 0;
  VersionState state = VersionState::kUnknown;
  std::string reason;  // why it is in that state; may be empty
};

// The list of models, in the order of `entries`; with `ready_only` without those that
// cannot be asked.
inference::RepositoryIndexResponse IndexRepository(absl::Span<const RepositoryEntry> entries,
                                                   bool ready_only);

}  // namespace traind

#endif  // TRAIND_SERVER_OIP_REPOSITORY_INDEX_H_
