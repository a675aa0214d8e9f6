#ifndef TRAIND_SERVER_STORE_RUN_DIRECTORIES_H_
#define TRAIND_SERVER_STORE_RUN_DIRECTORIES_H_

#include <string>
#include <utility>
#include <vector>

#include "server/runs/run_files.h"

namespace traind {

// The folders `<root>/<run id>` below each of some roots. Thread-safe: no state.
class RunDirectories : public RunFiles {
 public:
  explicit RunDirectories(std::vector<std::string> roots) : roots_(std::move(roots)) {}

  // INVALID_ARGUMENT for an id that would leave the roots.
  absl::StatusOr<int64_t> Remove(absl::string_view run_id) override;
  absl::StatusOr<std::vector<std::string>> List() const override;
  int64_t SizeBytes() const override;

 private:
  const std::vector<std::string> roots_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_RUN_DIRECTORIES_H_
