#include "server/store/trace_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/file_error.h"

namespace traind {

void TraceReader::Closer::operator()(const int* fd) const {
  close(*fd);
  delete fd;
}

absl::StatusOr<TraceReader> TraceReader::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FileError(errno, "cannot read", path);
  TraceReader reader(path, fd);
  RETURN_IF_ERROR(reader.ReadHeader());
  return reader;
}

absl::Status TraceReader::ReadHeader() {
  ASSIGN_OR_RETURN(const std::string prefix, ReadBytes(0, kTracePrefixBytes));
  ASSIGN_OR_RETURN(const int64_t header_bytes, TraceHeaderBytes(prefix));
  ASSIGN_OR_RETURN(const std::string bytes, ReadBytes(0, header_bytes));
  ASSIGN_OR_RETURN(header_, ReadTraceHeader(bytes));
  struct stat status = {};
  if (fstat(*fd_, &status) != 0) return FileError(errno, "cannot read", path_);
  row_count_ = (status.st_size - header_bytes) / header_.row_bytes;
  return absl::OkStatus();
}

absl::StatusOr<v1::TraceRow> TraceReader::Read(int64_t step) const {
  ASSIGN_OR_RETURN(const std::string bytes, ReadBytes(EndOf(step - 1), header_.row_bytes));
  absl::StatusOr<v1::TraceRow> row = ReadTraceRow(bytes, step);
  if (row.ok()) return row;
  return absl::DataLossError(absl::StrCat(path_, ": ", row.status().message()));
}

absl::StatusOr<std::string> TraceReader::ReadBytes(int64_t offset, int64_t size) const {
  std::string bytes(static_cast<size_t>(size), '\0');
  int64_t done = 0;
  while (done < size) {
    const ssize_t count =
        pread(*fd_, bytes.data() + done, static_cast<size_t>(size - done), offset + done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError(errno, "cannot read", path_);
    if (count == 0) {
      return absl::DataLossError(absl::StrCat(path_, ": expected ", offset + size,
                                              " bytes of a trace, got ", offset + done));
    }
    done += count;
  }
  return bytes;
}

}  // namespace traind
