#ifndef TRAIND_SERVER_STORE_FILE_TRACE_STORE_H_
#define TRAIND_SERVER_STORE_FILE_TRACE_STORE_H_

#include <cstdint>
#include <string>
#include <utility>

#include "server/runs/trace_store.h"

namespace traind {

// One run's trace as a file (docs/formats.md). One attempt at a time may write; others may
// read meanwhile. Not thread-safe.
class FileTraceStore : public TraceStore {
 public:
  explicit FileTraceStore(std::string path) : path_(std::move(path)) {}
  // Writes out what is left, as far as that goes.
  ~FileTraceStore() override;
  FileTraceStore(const FileTraceStore&) = delete;

  absl::Status Open(const v1::TraceLayout& layout, int64_t step) override;
  absl::Status Append(const v1::TraceRow& row) override;
  absl::Status Flush() override;

 private:
  // Gives the buffer to the system. After a failure nothing more is written, so that the rows
  // before it stay whole.
  absl::Status WriteOut();
  // The file that is there has the layout and at least `step` rows; cuts off the others.
  absl::Status CutAfter(const v1::TraceLayout& layout, int64_t step);

  const std::string path_;
  int fd_ = -1;
  int64_t value_count_ = 0;
  int64_t step_ = 0;  // of the newest row
  std::string buffer_;
  absl::Status failure_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_FILE_TRACE_STORE_H_
