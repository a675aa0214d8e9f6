#ifndef TRAIND_SERVER_STORE_TRACE_READER_H_
#define TRAIND_SERVER_STORE_TRACE_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/store/trace_format.h"

namespace traind {

// Reads a file of a trace, also while it grows. Not thread-safe.
class TraceReader {
 public:
  // NOT_FOUND without such a file; DATA_LOSS for another one.
  static absl::StatusOr<TraceReader> Open(const std::string& path);

  const v1::TraceLayout& layout() const { return header_.layout; }
  int64_t row_bytes() const { return header_.row_bytes; }
  // Whole rows that were there when it was opened; row 1 is of step 1.
  int64_t row_count() const { return row_count_; }
  // Where the row of a step ends within the file; with 0 the header.
  int64_t EndOf(int64_t step) const { return header_.header_bytes + step * header_.row_bytes; }

  // The row of a step, 1 to row_count. DATA_LOSS.
  absl::StatusOr<v1::TraceRow> Read(int64_t step) const;

 private:
  struct Closer {
    void operator()(const int* fd) const;
  };
  TraceReader(std::string path, int fd) : path_(std::move(path)), fd_(new int(fd)) {}
  absl::StatusOr<std::string> ReadBytes(int64_t offset, int64_t size) const;
  absl::Status ReadHeader();

  std::string path_;
  std::unique_ptr<int, Closer> fd_;
  TraceHeader header_;
  int64_t row_count_ = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_TRACE_READER_H_
