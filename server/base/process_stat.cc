#include "server/base/process_stat.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace traind {
namespace {

// Fields by their numbers in proc(5), counted from the one after the name.
constexpr int kFirstField = 3;
constexpr int kUserTicks = 14 - kFirstField;
constexpr int kSystemTicks = 15 - kFirstField;
constexpr int kThreads = 20 - kFirstField;
constexpr int kStartTicks = 22 - kFirstField;
constexpr int kVirtualBytes = 23 - kFirstField;
constexpr int kResidentPages = 24 - kFirstField;

absl::Duration Ticks(int64_t count) {
  static const int64_t ticks_per_second = sysconf(_SC_CLK_TCK);
  return absl::Seconds(1) * count / ticks_per_second;
}

}  // namespace

absl::StatusOr<ProcessStat> ParseProcessStat(absl::string_view text) {
  // The name stands in parentheses and may hold any character, these too.
  const size_t name_end = text.rfind(')');
  std::vector<int64_t> fields;
  if (name_end != absl::string_view::npos) {
    for (absl::string_view word :
         absl::StrSplit(text.substr(name_end + 1), absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
      int64_t value = 0;  // The state is a letter and the kernel's addresses may not fit.
      if (!absl::SimpleAtoi(word, &value)) value = 0;
      fields.push_back(value);
    }
  }
  if (static_cast<int>(fields.size()) <= kResidentPages) {
    return absl::InternalError(
        absl::StrCat("/proc/<pid>/stat: expected a name in parentheses and at least ",
                     kResidentPages + 1, " fields after it, got ", fields.size()));
  }
  ProcessStat stat;
  stat.cpu_time = Ticks(fields[kUserTicks] + fields[kSystemTicks]);
  stat.thread_count = static_cast<int>(fields[kThreads]);
  stat.start_since_boot = Ticks(fields[kStartTicks]);
  stat.virtual_bytes = fields[kVirtualBytes];
  stat.resident_bytes = fields[kResidentPages] * sysconf(_SC_PAGESIZE);
  return stat;
}

absl::StatusOr<ProcessStat> ReadProcessStat(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  if (!file) return absl::NotFoundError(absl::StrCat("no process ", pid));
  return ParseProcessStat(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace traind
