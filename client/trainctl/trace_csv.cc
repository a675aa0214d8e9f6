#include "client/trainctl/trace_csv.h"

#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/trainctl/trace_table.h"

namespace traind {

absl::Status WriteTraceCsv(const v1::Run& run, Session& session, std::ostream& out) {
  std::unique_ptr<TraceTable> table;
  int64_t step = 0;
  while (true) {
    if (session.environment.stop.stop_requested()) return absl::CancelledError("interrupted");
    const absl::StatusOr<v1::ReadTraceResponse> page = session.client.ReadTrace(run.id(), step);
    if (!page.ok()) return page.status();
    if (table == nullptr) {
      table = MakeTraceTable(run.recipe(), page->layout());
      out << absl::StrJoin(table->ColumnNames(), ",") << "\n";
    }
    if (page->rows().empty()) return absl::OkStatus();
    for (const v1::TraceRow& row : page->rows()) {
      if (row.step() != step + 1) {
        return absl::DataLossError(absl::StrCat("the trace of ", run.id(), ": expected step ",
                                                step + 1, ", got ", row.step()));
      }
      step = row.step();
      out << absl::StrJoin(table->Cells(row), ",") << "\n";
    }
  }
}

}  // namespace traind
