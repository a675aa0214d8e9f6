#include "server/address_file.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/durable_files.h"

namespace traind {

absl::StatusOr<std::unique_ptr<AddressFile>> AddressFile::Write(
    const std::string& path, const std::string& grpc_address, const std::string& metrics_address) {
  RETURN_IF_ERROR(ReplaceFileDurably(
      path, absl::StrCat("grpc=", grpc_address, "\nmetrics=", metrics_address, "\n")));
  return std::unique_ptr<AddressFile>(new AddressFile(path));
}

AddressFile::~AddressFile() { unlink(path_.c_str()); }

}  // namespace traind
