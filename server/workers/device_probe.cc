#include "server/workers/device_probe.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/base/status_macros.h"
#include "server/workers/child_process.h"

namespace traind {
namespace {

using std::chrono::steady_clock;

// A list of devices is short; more than this is something else.
constexpr size_t kOutputBytesMax = 64 << 10;

// Reads until the writer has closed its end.
absl::StatusOr<std::string> ReadToEnd(int fd, absl::Duration timeout) {
  const auto deadline = steady_clock::now() + absl::ToChronoMilliseconds(timeout);
  std::string output;
  while (output.size() <= kOutputBytesMax) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    pollfd file = {.fd = fd, .events = POLLIN, .revents = 0};
    const int ready = poll(&file, 1, static_cast<int>(std::clamp<int64_t>(left, 0, 60'000)));
    if (ready == 0 && left <= 0) {
      return absl::DeadlineExceededError(
          absl::StrCat("no answer within ", absl::FormatDuration(timeout)));
    }
    if (ready <= 0) continue;
    char buffer[4096];
    const ssize_t count = read(fd, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return output;
    output.append(buffer, static_cast<size_t>(count));
  }
  return absl::OutOfRangeError(absl::StrCat("more than ", kOutputBytesMax, " bytes of output"));
}

bool IsDevice(absl::string_view text) {
  int index = 0;
  return text == "cpu" ||
         (absl::ConsumePrefix(&text, "cuda:") && absl::SimpleAtoi(text, &index) && index >= 0);
}

absl::StatusOr<std::vector<std::string>> ParseDevices(absl::string_view output) {
  std::vector<std::string> devices = absl::StrSplit(output, '\n', absl::SkipWhitespace());
  for (const std::string& device : devices) {
    if (!IsDevice(device)) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected `cpu` or `cuda:N` on each line, got \"", device, "\""));
    }
  }
  if (devices.empty()) return absl::InvalidArgumentError("expected devices, got no output");
  return devices;
}

absl::StatusOr<std::vector<std::string>> ListDevicesOfWorker(const std::string& worker_binary,
                                                             absl::Duration timeout) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) return absl::ResourceExhaustedError("no pipe");
  const absl::Cleanup close_reader = [&pipe_ends] { close(pipe_ends[0]); };
  const absl::StatusOr<pid_t> child =
      SpawnChild({.argv = {worker_binary, "--list-devices"}, .stdout_fd = pipe_ends[1]});
  close(pipe_ends[1]);
  RETURN_IF_ERROR(child.status());
  const absl::StatusOr<std::string> output = ReadToEnd(pipe_ends[0], timeout);
  // After an answer there is nothing left to do for it but to exit.
  if (!output.ok()) kill(-*child, SIGKILL);
  int status = 0;
  waitpid(*child, &status, 0);
  RETURN_IF_ERROR(output.status());
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return absl::InternalError(absl::StrCat("it ", DescribeExit(status)));
  }
  return ParseDevices(*output);
}

}  // namespace

DeviceProbe ProbeDevices(const std::string& worker_binary, absl::Duration timeout) {
  absl::StatusOr<std::vector<std::string>> devices = ListDevicesOfWorker(worker_binary, timeout);
  if (devices.ok()) return {*std::move(devices), absl::OkStatus()};
  return {{"cpu"},
          absl::Status(devices.status().code(),
                       absl::StrCat("cannot list devices with `", worker_binary,
                                    " --list-devices`, only the CPU is used: ",
                                    devices.status().message()))};
}

}  // namespace traind
