#include "server/workers/device_probe.h"

#include <sys/wait.h>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/base/status_macros.h"
#include "server/workers/child_output.h"

namespace traind {
namespace {

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
  ASSIGN_OR_RETURN(const ChildOutput output, RunChild({.argv = {worker_binary, "--list-devices"}},
                                                      {.timeout = timeout, .stop = {}}));
  if (!WIFEXITED(output.wait_status) || WEXITSTATUS(output.wait_status) != 0) {
    return absl::InternalError(absl::StrCat("it ", DescribeExit(output.wait_status)));
  }
  return ParseDevices(output.text);
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
