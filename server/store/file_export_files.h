#ifndef TRAIND_SERVER_STORE_FILE_EXPORT_FILES_H_
#define TRAIND_SERVER_STORE_FILE_EXPORT_FILES_H_

#include <string>
#include <utility>

#include "server/base/limits.h"
#include "server/runs/export_files.h"

namespace traind {

// What lies in `<runs_directory>/<run id>/` and `<models_directory>/<model>/<version>/`.
// Thread-safe: no state.
class FileExportFiles : public ExportFiles {
 public:
  FileExportFiles(std::string runs_directory, std::string models_directory, const Limits& limits)
      : runs_directory_(std::move(runs_directory)),
        models_directory_(std::move(models_directory)),
        limits_(limits) {}

  absl::StatusOr<v1::ReadTraceResponse> ReadTrace(absl::string_view run_id,
                                                  int64_t after_step) const override;
  absl::StatusOr<v1::ReadWeightsResponse> ReadRunWeights(absl::string_view run_id,
                                                         absl::string_view checkpoint,
                                                         int64_t offset) const override;
  absl::StatusOr<v1::ReadWeightsResponse> ReadVersionWeights(absl::string_view model,
                                                             int64_t version,
                                                             int64_t offset) const override;

 private:
  absl::StatusOr<v1::ReadWeightsResponse> ReadPiece(const std::string& folder,
                                                    int64_t offset) const;

  const std::string runs_directory_;
  const std::string models_directory_;
  const Limits limits_;
};

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_FILE_EXPORT_FILES_H_
