#ifndef TRAIND_SERVER_STORE_FILE_EXPORT_FILES_H_
#define TRAIND_SERVER_STORE_FILE_EXPORT_FILES_H_

#include <string>
#include <utility>

#include "server/base/limits.h"
#include "server/runs/export_files.h"

namespace traind {

// What lies in `<runs_directory>/<run id>/`. Thread-safe: no state.
class FileExportFiles : public ExportFiles {
 public:
  FileExportFiles(std::string runs_directory, const Limits& limits)
      : runs_directory_(std::move(runs_directory)), limits_(limits) {}

  absl::StatusOr<v1::ReadTraceResponse> ReadTrace(absl::string_view run_id,
                                                  int64_t after_step) const override;

 private:
  const std::string runs_directory_;
  const Limits limits_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_FILE_EXPORT_FILES_H_
