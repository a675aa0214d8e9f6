#ifndef TRAIND_SERVER_RUNS_EXPORT_FILES_H_
#define TRAIND_SERVER_RUNS_EXPORT_FILES_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "traind/v1/export_service.pb.h"

namespace traind {

// Reads what runs have on disk for other programs. Thread-safe; touches the disk.
class ExportFiles {
 public:
  virtual ~ExportFiles() = default;

  // The layout of a run's trace and its rows after a step, as many as
  // Limits::trace_page_bytes_max holds, at least one if there is one. NOT_FOUND when the run
  // has no trace; DATA_LOSS when it is damaged.
  virtual absl::StatusOr<v1::ReadTraceResponse> ReadTrace(absl::string_view run_id,
                                                          int64_t after_step) const = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_EXPORT_FILES_H_
