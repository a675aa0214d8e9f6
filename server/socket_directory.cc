#include "server/socket_directory.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

// sockaddr_un holds 108 bytes; the terminating zero and a margin are left out.
constexpr size_t kSocketPathBytesMax = 100;

bool Fits(const std::string& directory, const std::string& socket_name) {
  return directory.size() + 1 + socket_name.size() <= kSocketPathBytesMax;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SocketDirectory>> SocketDirectory::Choose(
    const std::string& data_dir, const std::string& socket_name) {
  std::string directory = std::filesystem::absolute(data_dir).string() + "/workers";
  if (Fits(directory, socket_name)) {
    return std::unique_ptr<SocketDirectory>(new SocketDirectory(std::move(directory), false));
  }
  const char* const runtime_dir = std::getenv("XDG_RUNTIME_DIR");
  std::string folder = absl::StrCat(
      runtime_dir != nullptr && *runtime_dir != '\0' ? runtime_dir : "/tmp", "/traind-XXXXXX");
  if (!Fits(folder, socket_name)) folder = "/tmp/traind-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot make the folder ", folder,
                                               " for the workers' socket: ", std::strerror(errno)));
  }
  return std::unique_ptr<SocketDirectory>(new SocketDirectory(std::move(folder), true));
}

SocketDirectory::SocketDirectory(std::string path, bool temporary)
    : path_(std::move(path)), temporary_(temporary) {}

SocketDirectory::~SocketDirectory() {
  std::error_code ignored;  // nothing is lost when a temporary folder stays
  if (temporary_) std::filesystem::remove_all(path_, ignored);
}

}  // namespace traind
