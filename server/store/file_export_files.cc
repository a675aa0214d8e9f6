#include "server/store/file_export_files.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/store/trace_reader.h"

namespace traind {

absl::StatusOr<v1::ReadTraceResponse> FileExportFiles::ReadTrace(absl::string_view run_id,
                                                                 int64_t after_step) const {
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

}  // namespace traind
