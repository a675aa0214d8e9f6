#ifndef TRAIND_SERVER_RUNS_EXPORT_FILES_H_
#define TRAIND_SERVER_RUNS_EXPORT_FILES_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "traind/v1/export_service.pb.h"

namespace traind {

// Reads what runs and published versions have on disk for other programs. Thread-safe; touches the
// disk.
class ExportFiles {
 public:
  virtual ~ExportFiles() = default;

  // The layout of a run's trace and its rows after a step, as many as
  // Limits::trace_page_bytes_max holds, at least one if there is one. NOT_FOUND when the run
  // has no trace; DATA_LOSS when it is damaged.
  virtual absl::StatusOr<v1::ReadTraceResponse> ReadTrace(absl::string_view run_id,
                                                          int64_t after_step) const = 0;

  // A piece of model.safetensors, of a run's checkpoint or of a version, from `offset` on, at
  // most Limits::weights_piece_bytes_max; without the checkpoint's name. NOT_FOUND when the
  // file is not there; OUT_OF_RANGE for an offset past its end. The names are plain ones, or
  // INVALID_ARGUMENT.
  virtual absl::StatusOr<v1::ReadWeightsResponse> ReadRunWeights(absl::string_view run_id,
                                                                 absl::string_view checkpoint,
                                                                 int64_t offset) const = 0;
  virtual absl::StatusOr<v1::ReadWeightsResponse> ReadVersionWeights(absl::string_view model,
                                                                     int64_t version,
                                                                     int64_t offset) const = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_EXPORT_FILES_H_
