#ifndef TRAIND_SERVER_MODULES_MODULE_DIRECTORY_H_
#define TRAIND_SERVER_MODULES_MODULE_DIRECTORY_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "traind/v1/module.pb.h"

namespace traind {

// Modules in a folder, one subfolder each (docs/formats.md), and whether the operator lets
// them run. Reads descriptions only, never code. Thread-safe.
class ModuleDirectory {
 public:
  ModuleDirectory(std::string root, bool is_allowed)
      : root_(std::move(root)), is_allowed_(is_allowed) {}

  // FAILED_PRECONDITION says how the operator allows modules.
  absl::Status CheckAllowed() const;

  // INVALID_ARGUMENT for a name that can be none; NOT_FOUND says which modules there are;
  // DATA_LOSS.
  absl::StatusOr<v1::Module> Describe(absl::string_view name) const;

  // Names, sorted.
  std::vector<std::string> List() const;

  // The folder of a module.
  std::string Folder(absl::string_view name) const;

  const std::string& root() const { return root_; }

 private:
  const std::string root_;
  const bool is_allowed_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_MODULES_MODULE_DIRECTORY_H_
