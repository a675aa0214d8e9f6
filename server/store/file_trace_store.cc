#include "server/store/file_trace_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/durable_files.h"
#include "server/store/file_error.h"
#include "server/store/trace_format.h"
#include "server/store/trace_reader.h"

namespace traind {
namespace {

// Rows are written out once they are so many bytes.
constexpr size_t kBufferBytes = 64 << 10;

}  // namespace

FileTraceStore::~FileTraceStore() {
  if (fd_ < 0) return;
  WriteOut().IgnoreError();
  close(fd_);
}

absl::Status FileTraceStore::Open(const v1::TraceLayout& layout, int64_t step) {
  if (step == 0) {
    const absl::Status begun = ReplaceFileDurably(path_, WriteTraceHeader(layout));
    // A full disk must not stay full because of the half of a header.
    if (!begun.ok()) RemoveTree(absl::StrCat(path_, ".new")).IgnoreError();
    RETURN_IF_ERROR(begun);
  }
  fd_ = open(path_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (fd_ < 0 && errno == ENOENT) {
    return absl::DataLossError(absl::StrCat("expected the trace of ", step, " steps in ", path_,
                                            ", got no file; restore it"));
  }
  if (fd_ < 0) return FileError(errno, "cannot open", path_);
  RETURN_IF_ERROR(CutAfter(layout, step));
  value_count_ = TraceValueCount(layout);
  step_ = step;
  return absl::OkStatus();
}

absl::Status FileTraceStore::CutAfter(const v1::TraceLayout& layout, int64_t step) {
  ASSIGN_OR_RETURN(const TraceReader reader, TraceReader::Open(path_));
  if (reader.layout().SerializeAsString() != layout.SerializeAsString()) {
    return absl::DataLossError(
        absl::StrCat("expected the layout of this network in ", path_, ", got another one"));
  }
  if (reader.row_count() < step) {
    return absl::DataLossError(absl::StrCat("expected the trace of ", step, " steps in ", path_,
                                            ", got ", reader.row_count(), "; restore it"));
  }
  if (ftruncate(fd_, reader.EndOf(step)) != 0) return FileError(errno, "cannot cut", path_);
  return absl::OkStatus();
}

absl::Status FileTraceStore::Append(const v1::TraceRow& row) {
  if (row.step() != step_ + 1 || row.values_size() != value_count_) {
    return absl::InternalError(absl::StrCat("trace: expected step ", step_ + 1, " with ",
                                            value_count_, " values, got step ", row.step(),
                                            " with ", row.values_size()));
  }
  step_ = row.step();
  WriteTraceRow(row, buffer_);
  return buffer_.size() < kBufferBytes ? absl::OkStatus() : WriteOut();
}

absl::Status FileTraceStore::Flush() {
  RETURN_IF_ERROR(WriteOut());
  if (fsync(fd_) != 0) return FileError(errno, "cannot flush", path_);
  return absl::OkStatus();
}

absl::Status FileTraceStore::WriteOut() {
  if (failure_.ok()) failure_ = WriteAll(fd_, path_, buffer_);
  buffer_.clear();
  return failure_;
}

}  // namespace traind
