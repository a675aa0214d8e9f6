#ifndef TRAIND_SERVER_RUNS_TRACE_STORE_H_
#define TRAIND_SERVER_RUNS_TRACE_STORE_H_

#include <cstdint>

#include "absl/status/status.h"
#include "traind/v1/trace.pb.h"

namespace traind {

// Where one run's training keeps its trace: a row for each step, from the first on. Used by
// one thread. RESOURCE_EXHAUSTED: disk full.
class TraceStore {
 public:
  virtual ~TraceStore() = default;

  // Called once, before all else: goes on after `step`, and cuts off the rows of later steps,
  // which will come again. 0 begins anew. DATA_LOSS when rows up to `step` are not there, or
  // have another layout.
  virtual absl::Status Open(const v1::TraceLayout& layout, int64_t step) = 0;

  // Adds the next step's row, which may get lost until Flush. INTERNAL for another step, or
  // values that the layout has no place for.
  virtual absl::Status Append(const v1::TraceRow& row) = 0;

  // All that was added is durable once it returns OK.
  virtual absl::Status Flush() = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_TRACE_STORE_H_
