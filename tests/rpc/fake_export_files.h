#ifndef TRAIND_TESTS_RPC_FAKE_EXPORT_FILES_H_
#define TRAIND_TESTS_RPC_FAKE_EXPORT_FILES_H_

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
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

  absl::StatusOr<v1::ReadWeightsResponse> ReadRunWeights(absl::string_view run_id,
                                                         absl::string_view checkpoint,
                                                         int64_t offset) const override {
    return Piece(absl::StrCat(run_id, "/", checkpoint), offset);
  }
  absl::StatusOr<v1::ReadWeightsResponse> ReadVersionWeights(absl::string_view model,
                                                             int64_t version,
                                                             int64_t offset) const override {
    return Piece(absl::StrCat(model, "@", version), offset);
  }

  std::map<std::string, v1::ReadTraceResponse> traces;  // by run
  std::map<std::string, std::string> weights;           // by run/checkpoint or model@version

 private:
  absl::StatusOr<v1::ReadWeightsResponse> Piece(const std::string& source, int64_t offset) const {
    const auto found = weights.find(source);
    if (found == weights.end()) return absl::NotFoundError(source);
    v1::ReadWeightsResponse piece;
    piece.set_data(found->second.substr(static_cast<size_t>(offset), 4));
    piece.set_total_bytes(static_cast<int64_t>(found->second.size()));
    return piece;
  }
};

}  // namespace traind

#endif  // TRAIND_TESTS_RPC_FAKE_EXPORT_FILES_H_
