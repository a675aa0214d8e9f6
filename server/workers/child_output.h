#ifndef TRAIND_SERVER_WORKERS_CHILD_OUTPUT_H_
#define TRAIND_SERVER_WORKERS_CHILD_OUTPUT_H_

#include <cstddef>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/workers/child_process.h"

namespace traind {

// What a child said before it ended, and how that was.
struct ChildOutput {
  std::string text;
  int wait_status = 0;  // from waitpid()
};

// Bounds of a RunChild.
struct ChildBounds {
  absl::Duration timeout;
  // A list of devices, or an error message, is short; more than this is something else.
  size_t bytes_max = 64 << 10;
  std::stop_token stop;
};

// Runs a child to its end and collects its standard output. DEADLINE_EXCEEDED or CANCELLED
// when it had to be ended, OUT_OF_RANGE when it said too much; otherwise as SpawnChild.
absl::StatusOr<ChildOutput> RunChild(ChildOptions options, const ChildBounds& bounds);

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_CHILD_OUTPUT_H_
