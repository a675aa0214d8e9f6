#include "server/worker_socket.h"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace traind {
namespace {

// sockaddr_un holds 108 bytes; gRPC and the terminating zero need a few.
constexpr size_t kPathBytesMax = 100;

}  // namespace

absl::StatusOr<std::unique_ptr<WorkerSocket>> WorkerSocket::Choose(const std::string& data_dir) {
  std::string path = std::filesystem::absolute(data_dir).string() + "/worker.sock";
  if (path.size() <= kPathBytesMax) {
    return std::unique_ptr<WorkerSocket>(new WorkerSocket(std::move(path), ""));
  }
  const char* const runtime_dir = std::getenv("XDG_RUNTIME_DIR");
  std::string folder = absl::StrCat(
      runtime_dir != nullptr && *runtime_dir != '\0' ? runtime_dir : "/tmp", "/traind-XXXXXX");
  // Mode 0700: nobody else may attach as a worker.
  if (folder.size() > kPathBytesMax || mkdtemp(folder.data()) == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot make a folder ", folder,
                                               " for the workers' socket: ", std::strerror(errno)));
  }
  return std::unique_ptr<WorkerSocket>(new WorkerSocket(folder + "/worker.sock", folder));
}

WorkerSocket::WorkerSocket(std::string path, std::string temporary_folder)
    : path_(std::move(path)), temporary_folder_(std::move(temporary_folder)) {}

WorkerSocket::~WorkerSocket() {
  std::error_code ignored;  // nothing is lost when a temporary folder stays
  if (!temporary_folder_.empty()) std::filesystem::remove_all(temporary_folder_, ignored);
}

}  // namespace traind
