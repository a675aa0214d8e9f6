#ifndef TRAIND_SERVER_RUNS_RUN_FILES_H_
#define TRAIND_SERVER_RUNS_RUN_FILES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace traind {

// What runs leave on disk beside the store: checkpoints and their workers' logs.
// Thread-safe.
class RunFiles {
 public:
  virtual ~RunFiles() = default;

  // Removes all files of a run and returns how many bytes they had; 0 when there
  // are none.
  virtual absl::StatusOr<int64_t> Remove(absl::string_view run_id) = 0;

  // Ids of runs that have files, in no order.
  virtual absl::StatusOr<std::vector<std::string>> List() const = 0;

  // Of all files of all runs. Looks at each: takes long where there are many.
  virtual int64_t SizeBytes() const = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_RUN_FILES_H_
