#include "server/store/run_directories.h"

#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/durable_files.h"
#include "server/store/file_error.h"

namespace traind {
namespace {

namespace fs = std::filesystem;

// What its files have; what goes away meanwhile counts nothing.
int64_t TreeSize(const std::string& root) {
  int64_t size_bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    if (!entry->is_regular_file(gone) || gone) continue;
    const std::uintmax_t size = entry->file_size(gone);
    if (!gone) size_bytes += static_cast<int64_t>(size);
  }
  return size_bytes;
}

}  // namespace

absl::StatusOr<int64_t> RunDirectories::Remove(absl::string_view run_id) {
  if (run_id.empty() || run_id == "." || run_id == ".." || absl::StrContains(run_id, '/')) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected the id of a run such as `s4-17`, got \"", run_id, "\""));
  }
  int64_t freed_bytes = 0;
  for (const std::string& root : roots_) {
    const std::string path = absl::StrCat(root, "/", run_id);
    const int64_t size_bytes = TreeSize(path);
    RETURN_IF_ERROR(RemoveTree(path));
    freed_bytes += size_bytes;
  }
  return freed_bytes;
}

absl::StatusOr<std::vector<std::string>> RunDirectories::List() const {
  std::set<std::string> ids;
  for (const std::string& root : roots_) {
    std::error_code error;
    if (!fs::exists(root, error)) continue;
    for (fs::directory_iterator entry(root, error), end; !error && entry != end;
         entry.increment(error)) {
      ids.insert(entry->path().filename().string());
    }
    if (error) return FileError(error.value(), "cannot read directory", root);
  }
  return std::vector<std::string>(ids.begin(), ids.end());
}

int64_t RunDirectories::SizeBytes() const {
  int64_t size_bytes = 0;
  for (const std::string& root : roots_) size_bytes += TreeSize(root);
  return size_bytes;
}

}  // namespace traind
