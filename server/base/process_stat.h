#ifndef TRAIND_SERVER_BASE_PROCESS_STAT_H_
#define TRAIND_SERVER_BASE_PROCESS_STAT_H_

#include <sys/types.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace traind {

// What the kernel tells of a process in /proc/<pid>/stat (proc(5)).
struct ProcessStat {
  // Processor time in user and system mode, in steps of a clock tick (10 ms).
  absl::Duration cpu_time;
  int thread_count = 0;
  // From the machine's boot to the process's start.
  absl::Duration start_since_boot;
  int64_t virtual_bytes = 0;
  int64_t resident_bytes = 0;
};

// NOT_FOUND when there is no such process, INTERNAL when /proc reads otherwise.
absl::StatusOr<ProcessStat> ReadProcessStat(pid_t pid);

// The same from the file's text. INTERNAL when it is not of that form.
absl::StatusOr<ProcessStat> ParseProcessStat(absl::string_view text);

}  // namespace traind

#endif  // TRAIND_SERVER_BASE_PROCESS_STAT_H_
