#include "server/modules/module_directory.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/status_macros.h"
#include "server/modules/module_files.h"
#include "server/modules/module_header.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

// Names listed in a message.
constexpr size_t kNamesInMessageMax = 10;

}  // namespace

absl::Status ModuleDirectory::CheckAllowed() const {
  if (is_allowed_) return absl::OkStatus();
  return absl::FailedPreconditionError(
      "this server runs no modules, since they are code; its operator allows them by "
      "--allow-modules");
}

absl::StatusOr<v1::Module> ModuleDirectory::Describe(absl::string_view name) const {
  RETURN_IF_ERROR(CheckModuleName(name));
  absl::StatusOr<v1::Module> module = ReadModuleDescription(Folder(name));
  if (!absl::IsNotFound(module.status())) return module;
  std::vector<std::string> names = List();
  if (names.size() > kNamesInMessageMax) {
    names.resize(kNamesInMessageMax);
    names.push_back("…");
  }
  return absl::NotFoundError(absl::StrCat(
      "no module ", name, "; modules: ", names.empty() ? "none yet" : absl::StrJoin(names, ", "),
      "; `trainctl module push` brings one"));
}

std::vector<std::string> ModuleDirectory::List() const {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(root_, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (CheckModuleName(name).ok()) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string ModuleDirectory::Folder(absl::string_view name) const {
  return absl::StrCat(root_, "/", name);
}

}  // namespace traind
