#ifndef TRAIND_SERVER_ADDRESS_FILE_H_
#define TRAIND_SERVER_ADDRESS_FILE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace traind {

// A file that tells where the server listens, for scripts that start it on port
// 0: the lines `grpc=HOST:PORT` and `metrics=HOST:PORT` (empty when off). There
// all at once and only while the server serves.
class AddressFile {
 public:
  // An error names the file and why it cannot be written.
  static absl::StatusOr<std::unique_ptr<AddressFile>> Write(const std::string& path,
                                                            const std::string& grpc_address,
                                                            const std::string& metrics_address);
  AddressFile(const AddressFile&) = delete;
  // Removes the file.
  ~AddressFile();

 private:
  explicit AddressFile(std::string path) : path_(std::move(path)) {}

  const std::string path_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_ADDRESS_FILE_H_
