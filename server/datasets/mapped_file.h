#ifndef TRAIND_SERVER_DATASETS_MAPPED_FILE_H_
#define TRAIND_SERVER_DATASETS_MAPPED_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace traind {

// A whole file, read as it is asked for. Nobody may shorten the file meanwhile.
class MappedFile {
 public:
  // A regular file. NOT_FOUND, PERMISSION_DENIED, otherwise DATA_LOSS.
  static absl::StatusOr<MappedFile> Open(const std::string& path);

  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  absl::string_view bytes() const { return {data_, size_}; }

 private:
  MappedFile(char* data, size_t size) : data_(data), size_(size) {}

  char* data_;
  size_t size_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_DATASETS_MAPPED_FILE_H_
