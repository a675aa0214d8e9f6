#ifndef TRAIND_TESTS_TORCH_MEMORY_TRACE_H_
#define TRAIND_TESTS_TORCH_MEMORY_TRACE_H_

#include <vector>

#include "server/runs/trace_store.h"

namespace traind {

// A trace in memory. What is not flushed is there all the same.
class MemoryTrace : public TraceStore {
 public:
  absl::Status Open(const v1::TraceLayout& new_layout, int64_t step) override {
    layout = new_layout;
    if (static_cast<int64_t>(rows.size()) < step) return absl::DataLossError("rows are missing");
    rows.resize(static_cast<size_t>(step));
    return absl::OkStatus();
  }
  absl::Status Append(const v1::TraceRow& row) override {
    if (!failure.ok()) return failure;
    rows.push_back(row);
    return absl::OkStatus();
  }
  absl::Status Flush() override {
    flushed = rows.size();
    return absl::OkStatus();
  }

  // Values of one tensor of a row.
  std::vector<double> Values(size_t row, v1::TraceKind kind, const std::string& name) const {
    int first = 0;
    for (const v1::TraceTensor& tensor : layout.tensors()) {
      int size = 1;
      for (const int64_t side : tensor.shape()) size *= static_cast<int>(side);
      if (tensor.kind() == kind && tensor.name() == name) {
        const auto begin = rows.at(row).values().begin() + first;
        return std::vector<double>(begin, begin + size);
      }
      first += size;
    }
    return {};
  }

  v1::TraceLayout layout;
  std::vector<v1::TraceRow> rows;
  size_t flushed = 0;  // rows at the newest Flush
  absl::Status failure;
};

}  // namespace traind

#endif  // TRAIND_TESTS_TORCH_MEMORY_TRACE_H_
