#ifndef TRAIND_SERVER_STORE_DATA_DIRECTORY_LOCK_H_
#define TRAIND_SERVER_STORE_DATA_DIRECTORY_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace traind {

// Keeps a data directory for one server. Held until destroyed; the kernel lets
// go when the process ends, however it ends. Not inherited by child processes.
class DataDirectoryLock {
 public:
  // Creates the directory if need be and takes `<directory>/lock`, which then
  // holds this process's id. FAILED_PRECONDITION names the process that has it;
  // PERMISSION_DENIED when the directory cannot be written.
  static absl::StatusOr<std::unique_ptr<DataDirectoryLock>> Acquire(const std::string& directory);

  DataDirectoryLock(const DataDirectoryLock&) = delete;
  ~DataDirectoryLock();

 private:
  explicit DataDirectoryLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_DATA_DIRECTORY_LOCK_H_
