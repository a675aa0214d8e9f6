#ifndef TRAIND_SERVER_SOCKET_DIRECTORY_H_
#define TRAIND_SERVER_SOCKET_DIRECTORY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace traind {

// The folder of the Unix socket that workers attach to: `workers` in the data
// directory, or a private temporary folder where that makes a path too long for
// a socket's name (108 bytes). A temporary folder goes with this object.
class SocketDirectory {
 public:
  // `socket_name` is the file's name within the folder. UNAVAILABLE when no
  // folder can be had.
  static absl::StatusOr<std::unique_ptr<SocketDirectory>> Choose(const std::string& data_dir,
                                                                 const std::string& socket_name);
  SocketDirectory(const SocketDirectory&) = delete;
  ~SocketDirectory();

  const std::string& path() const { return path_; }

 private:
  SocketDirectory(std::string path, bool temporary);

  const std::string path_;
  const bool temporary_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_SOCKET_DIRECTORY_H_
