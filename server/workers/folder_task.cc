#include "server/workers/folder_task.h"

#include <sys/wait.h>

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "server/base/status_macros.h"
#include "server/workers/child_output.h"
#include "server/workers/child_process.h"

namespace traind {
namespace {

// Beside trainings: predictions go first.
constexpr int kNiceIncrement = 10;

// What the process printed: the code's number, a blank, the message.
absl::Status ParseFailure(absl::string_view task, absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(absl::StripAsciiWhitespace(text), absl::MaxSplits(' ', 1));
  int code = 0;
  if (!absl::SimpleAtoi(parts.first, &code) || code <= 0 ||
      code > static_cast<int>(absl::StatusCode::kUnauthenticated)) {
    return absl::InternalError(absl::StrCat(task, " failed: ", text));
  }
  return absl::Status(static_cast<absl::StatusCode>(code), parts.second);
}

}  // namespace

absl::Status RunFolderTask(const FolderTask& task) {
  const absl::StatusOr<ChildOutput> output =
      RunChild({.argv = {task.worker_binary, task.flag, task.folder},
                .nice_increment = kNiceIncrement,
                .die_first_without_memory = true},
               {.timeout = task.timeout, .stop = task.stop});
  if (absl::IsCancelled(output.status())) {
    return absl::UnavailableError("the server is shutting down; push again when it is back");
  }
  if (absl::IsDeadlineExceeded(output.status())) {
    return absl::ResourceExhaustedError(
        absl::StrCat(task.name, " took longer than ", absl::FormatDuration(task.timeout)));
  }
  RETURN_IF_ERROR(output.status());
  if (WIFEXITED(output->wait_status) && WEXITSTATUS(output->wait_status) == 0) {
    return absl::OkStatus();
  }
  if (WIFEXITED(output->wait_status) && !output->text.empty()) {
    return ParseFailure(task.name, output->text);
  }
  return absl::InternalError(
      absl::StrCat(task.name, ": the process was lost: it ", DescribeExit(output->wait_status),
                   "; what was pushed, or too little memory, may be the reason"));
}

}  // namespace traind
