#include "server/workers/child_output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "server/base/status_macros.h"

namespace traind {
namespace {

using std::chrono::steady_clock;

// How long it takes at most until a stop is seen.
constexpr int64_t kPollMilliseconds = 200;

// Reads until the writer has closed its end.
absl::StatusOr<std::string> ReadToEnd(int fd, const ChildBounds& bounds) {
  const auto deadline = steady_clock::now() + absl::ToChronoMilliseconds(bounds.timeout);
  std::string output;
  while (output.size() <= bounds.bytes_max) {
    if (bounds.stop.stop_requested()) return absl::CancelledError("stopped");
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    pollfd file = {.fd = fd, .events = POLLIN, .revents = 0};
    const int ready =
        poll(&file, 1, static_cast<int>(std::clamp<int64_t>(left, 0, kPollMilliseconds)));
    if (ready == 0 && left <= 0) {
      return absl::DeadlineExceededError(
          absl::StrCat("no answer within ", absl::FormatDuration(bounds.timeout)));
    }
    if (ready <= 0) continue;
    char buffer[4096];
    const ssize_t count = read(fd, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return output;
    output.append(buffer, static_cast<size_t>(count));
  }
  return absl::OutOfRangeError(absl::StrCat("more than ", bounds.bytes_max, " bytes of output"));
}

}  // namespace

absl::StatusOr<ChildOutput> RunChild(ChildOptions options, const ChildBounds& bounds) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return absl::ResourceExhaustedError("no pipe");
  const absl::Cleanup close_reader = [&pipe_ends] { close(pipe_ends[0]); };
  options.stdout_fd = pipe_ends[1];
  const absl::StatusOr<pid_t> child = SpawnChild(options);
  close(pipe_ends[1]);
  RETURN_IF_ERROR(child.status());
  absl::StatusOr<std::string> text = ReadToEnd(pipe_ends[0], bounds);
  // After an answer there is nothing left to do for it but to exit.
  if (!text.ok()) kill(-*child, SIGKILL);
  ChildOutput output;
  while (waitpid(*child, &output.wait_status, 0) < 0 && errno == EINTR) {
  }
  RETURN_IF_ERROR(text.status());
  output.text = *std::move(text);
  return output;
}

}  // namespace traind
