#ifndef TRAIND_TESTS_RPC_FAKE_EXPORT_FILES_H_
#define TRAIND_TESTS_RPC_FAKE_EXPORT_FILES_H_

#include <map>
#include <string>

#include "server/runs/export_files.h"

namespace traind {

// Hands out what a test has put in.
class FakeExportFiles : public ExportFiles {
 public:
  absl::StatusOr<v1::ReadTraceResponse> ReadTrace(absl::string_view run_id,
                                                  int64_t after_step) const override {
    const auto found = traces.find(std::string(run_id));
    if (found == traces.end()) return absl::NotFoundError("no file");
    v1::ReadTraceResponse page = found->second;
    page.clear_rows();
    for (const v1::TraceRow& row : found->second.rows()) {
      if (row.step() > after_step) *page.add_rows() = row;
    }
    return page;
  }

  std::map<std::string, v1::ReadTraceResponse> traces;  // by run
};

}  // namespace traind

#endif  // TRAIND_TESTS_RPC_FAKE_EXPORT_FILES_H_
