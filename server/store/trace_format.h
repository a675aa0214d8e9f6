#ifndef TRAIND_SERVER_STORE_TRACE_FORMAT_H_
#define TRAIND_SERVER_STORE_TRACE_FORMAT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "traind/v1/trace.pb.h"

namespace traind {

// The file of a trace (docs/formats.md): a header with the layout, then rows of one size.
// Thread-safe: no state.

// A header's first part: eight letters and the length of what follows.
inline constexpr int64_t kTracePrefixBytes = 16;
// Beyond it a header is damaged.
inline constexpr int64_t kTraceHeaderBytesMax = 1 << 20;

// What the header says.
struct TraceHeader {
  v1::TraceLayout layout;
  int64_t header_bytes = 0;
  int64_t value_count = 0;
  int64_t row_bytes = 0;
};

// Values that a row of this layout has.
int64_t TraceValueCount(const v1::TraceLayout& layout);

std::string WriteTraceHeader(const v1::TraceLayout& layout);
// Size of the header that begins with `prefix`, kTracePrefixBytes long. DATA_LOSS.
absl::StatusOr<int64_t> TraceHeaderBytes(absl::string_view prefix);
// `bytes` is the whole header. DATA_LOSS.
absl::StatusOr<TraceHeader> ReadTraceHeader(absl::string_view bytes);

// Appends the row to `bytes`.
void WriteTraceRow(const v1::TraceRow& row, std::string& bytes);
// `bytes` is one row, of this step. DATA_LOSS when it says another one.
absl::StatusOr<v1::TraceRow> ReadTraceRow(absl::string_view bytes, int64_t step);

}  // namespace traind

#endif  // TRAIND_SERVER_STORE_TRACE_FORMAT_H_
