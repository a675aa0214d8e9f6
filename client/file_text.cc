#include "client/file_text.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace traind {

absl::StatusOr<std::string> ReadFileText(const std::string& path, const std::string& what,
                                         int64_t bytes_max) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return absl::InvalidArgumentError(absl::StrCat(what, " ", path, " is a folder, not a file"));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", what, " ", path));

  std::string text;
  char block[1 << 14];
  while (file.read(block, sizeof(block)) || file.gcount() > 0) {
    text.append(block, static_cast<size_t>(file.gcount()));
    if (static_cast<int64_t>(text.size()) > bytes_max) {
      return absl::InvalidArgumentError(
          absl::StrCat(what, " ", path, " is larger than the limit of ", bytes_max, " bytes"));
    }
  }
  if (file.bad()) return absl::DataLossError(absl::StrCat("cannot read ", what, " ", path));
  return text;
}

}  // namespace traind
