#include "server/workers/serving_process.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"
#include "server/workers/child_process.h"

namespace traind {

absl::StatusOr<std::unique_ptr<ServingProcess>> ServingProcess::Start(
    std::vector<std::string> argv) {
  ASSIGN_OR_RETURN(const pid_t pid, SpawnChild({.argv = std::move(argv)}));
  const int end_fd = OpenProcess(pid);
  if (end_fd < 0) {
    const int error = errno;
    kill(-pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot watch process ", pid, ": ", std::generic_category().message(error)));
  }
  return std::unique_ptr<ServingProcess>(new ServingProcess(pid, end_fd));
}

ServingProcess::~ServingProcess() {
  if (!reaped_) End();
  close(end_fd_);
}

bool ServingProcess::HasEnded() const {
  pollfd ended = {.fd = end_fd_, .events = POLLIN, .revents = 0};
  return poll(&ended, 1, 0) == 1;
}

std::string ServingProcess::End() {
  // Not yet reaped, its process id still names its group, also after its end.
  kill(-pid_, SIGKILL);
  int status = 0;
  pid_t reaped;
  do {
    reaped = waitpid(pid_, &status, 0);
  } while (reaped < 0 && errno == EINTR);
  reaped_ = true;
  return reaped == pid_ ? DescribeExit(status) : "ended, and its exit status was lost";
}

}  // namespace traind
