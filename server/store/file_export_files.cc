#include "server/store/file_export_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/modules/module_files.h"
#include "server/store/file_error.h"
#include "server/store/trace_reader.h"

namespace traind {

namespace {

// A checkpoint or a version has one of these: weights of layers, or a module as a whole.
constexpr std::array<const char*, 3> kWeightsFiles = {"model.safetensors", kTorchScriptFile,
                                                      kPackageFile};

absl::Status CheckName(absl::string_view name) {
  if (!name.empty() && name != "." && name != ".." && !absl::StrContains(name, '/')) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat("expected a plain name, got \"", name, "\""));
}

}  // namespace

absl::StatusOr<v1::ReadTraceResponse> FileExportFiles::ReadTrace(absl::string_view run_id,
                                                                 int64_t after_step) const {
  RETURN_IF_ERROR(CheckName(run_id));
  ASSIGN_OR_RETURN(const TraceReader reader,
                   TraceReader::Open(absl::StrCat(runs_directory_, "/", run_id, "/trace")));
  v1::ReadTraceResponse page;
  *page.mutable_layout() = reader.layout();
  const int64_t rows_max = std::max<int64_t>(limits_.trace_page_bytes_max / reader.row_bytes(), 1);
  for (int64_t step = after_step; step < reader.row_count() && page.rows_size() < rows_max;) {
    ASSIGN_OR_RETURN(*page.add_rows(), reader.Read(++step));
  }
  return page;
}

absl::StatusOr<v1::ReadWeightsResponse> FileExportFiles::ReadRunWeights(
    absl::string_view run_id, absl::string_view checkpoint, int64_t offset) const {
  RETURN_IF_ERROR(CheckName(run_id));
  RETURN_IF_ERROR(CheckName(checkpoint));
  return ReadPiece(absl::StrCat(runs_directory_, "/", run_id, "/checkpoints/", checkpoint), offset);
}

absl::StatusOr<v1::ReadWeightsResponse> FileExportFiles::ReadVersionWeights(absl::string_view model,
                                                                            int64_t version,
                                                                            int64_t offset) const {
  RETURN_IF_ERROR(CheckName(model));
  return ReadPiece(absl::StrCat(models_directory_, "/", model, "/", version), offset);
}

absl::StatusOr<v1::ReadWeightsResponse> FileExportFiles::ReadPiece(const std::string& folder,
                                                                   int64_t offset) const {
  std::string path;
  std::ifstream file;
  int error = ENOENT;
  for (const char* name : kWeightsFiles) {
    path = absl::StrCat(folder, "/", name);
    file.open(path, std::ios::binary | std::ios::ate);
    if (!file.is_open()) error = errno;
    if (file.is_open() || error != ENOENT) break;
  }
  if (!file.is_open()) return FileError(error, "cannot read", path);
  v1::ReadWeightsResponse piece;
  piece.set_total_bytes(file.tellg());
  if (offset < 0 || offset > piece.total_bytes()) {
    return absl::OutOfRangeError(
        absl::StrCat("offset: expected 0 to ", piece.total_bytes(), ", got ", offset));
  }
  const int64_t size = std::min(limits_.weights_piece_bytes_max, piece.total_bytes() - offset);
  piece.mutable_data()->resize(static_cast<size_t>(size));
  file.seekg(offset);
  file.read(piece.mutable_data()->data(), size);
  if (!file.good()) return absl::DataLossError(absl::StrCat("cannot read ", path));
  return piece;
}

}  // namespace traind
