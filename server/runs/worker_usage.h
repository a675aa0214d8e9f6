#ifndef TRAIND_SERVER_RUNS_WORKER_USAGE_H_
#define TRAIND_SERVER_RUNS_WORKER_USAGE_H_

#include <cstdint>

#include "absl/time/time.h"
#include "server/runs/worker_launcher.h"

namespace traind {

// What a worker process has used of the machine.
struct WorkerUsage {
  AttemptKey attempt;
  // Processor time since its start, of all its threads, in user and system mode.
  absl::Duration cpu_time;
  // Memory that it has in RAM now; 0 once it has ended.
  int64_t resident_bytes = 0;
};

}  // namespace traind

#endif  // TRAIND_SERVER_RUNS_WORKER_USAGE_H_
