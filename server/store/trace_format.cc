#include "server/store/trace_format.h"

#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/recipes/trace_validation.h"

namespace traind {
namespace {

constexpr absl::string_view kMagic = "trndtrc1";
constexpr int64_t kAlignment = 8;
constexpr int kNumbersBeforeValues = 4;

// Numbers are little-endian, as the machines are that this runs on.
template <typename Number>
void Put(Number number, std::string& bytes) {
  static_assert(sizeof(number) == 8);
  bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

template <typename Number>
Number Get(absl::string_view bytes, int64_t index) {
  static_assert(sizeof(Number) == 8);
  Number number;
  std::memcpy(&number, bytes.data() + index * 8, sizeof(number));
  return number;
}

}  // namespace

int64_t TraceValueCount(const v1::TraceLayout& layout) {
  int64_t count = 0;
  for (const v1::TraceTensor& tensor : layout.tensors()) {
    int64_t size = 1;
    for (const int64_t side : tensor.shape()) size *= side;
    count += size;
  }
  return count;
}

std::string WriteTraceHeader(const v1::TraceLayout& layout) {
  const std::string text = layout.SerializeAsString();
  std::string bytes(kMagic);
  Put(static_cast<int64_t>(text.size()), bytes);
  bytes += text;
  bytes.resize((bytes.size() + kAlignment - 1) / kAlignment * kAlignment);
  return bytes;
}

absl::StatusOr<int64_t> TraceHeaderBytes(absl::string_view prefix) {
  if (!absl::StartsWith(prefix, kMagic)) {
    return absl::DataLossError("expected a trace, got other bytes");
  }
  const auto length = Get<int64_t>(prefix, 1);
  if (length < 0 || length > kTraceHeaderBytesMax) {
    return absl::DataLossError(absl::StrCat("expected a header of at most ", kTraceHeaderBytesMax,
                                            " bytes, got ", length));
  }
  return (kTracePrefixBytes + length + kAlignment - 1) / kAlignment * kAlignment;
}

absl::StatusOr<TraceHeader> ReadTraceHeader(absl::string_view bytes) {
  TraceHeader header;
  ASSIGN_OR_RETURN(header.header_bytes, TraceHeaderBytes(bytes.substr(0, kTracePrefixBytes)));
  const auto length = Get<int64_t>(bytes, 1);
  if (static_cast<int64_t>(bytes.size()) != header.header_bytes ||
      !header.layout.ParseFromArray(bytes.data() + kTracePrefixBytes, static_cast<int>(length))) {
    return absl::DataLossError("expected the layout of a trace, got other bytes");
  }
  header.value_count = TraceValueCount(header.layout);
  header.row_bytes = TraceRowBytes(header.value_count);
  return header;
}

void WriteTraceRow(const v1::TraceRow& row, std::string& bytes) {
  Put(row.step(), bytes);
  Put(int64_t{row.epoch()}, bytes);
  Put(int64_t{row.sample_count()}, bytes);
  Put(row.loss(), bytes);
  bytes.append(reinterpret_cast<const char*>(row.values().data()),
               static_cast<size_t>(row.values_size()) * sizeof(double));
}

absl::StatusOr<v1::TraceRow> ReadTraceRow(absl::string_view bytes, int64_t step) {
  v1::TraceRow row;
  row.set_step(Get<int64_t>(bytes, 0));
  if (row.step() != step) {
    return absl::DataLossError(absl::StrCat("expected step ", step, ", got ", row.step()));
  }
  row.set_epoch(static_cast<int32_t>(Get<int64_t>(bytes, 1)));
  row.set_sample_count(static_cast<int32_t>(Get<int64_t>(bytes, 2)));
  row.set_loss(Get<double>(bytes, 3));
  const int count = static_cast<int>(bytes.size() / 8) - kNumbersBeforeValues;
  row.mutable_values()->Resize(count, 0);
  std::memcpy(row.mutable_values()->mutable_data(), bytes.data() + kNumbersBeforeValues * 8,
              static_cast<size_t>(count) * sizeof(double));
  return row;
}

}  // namespace traind
