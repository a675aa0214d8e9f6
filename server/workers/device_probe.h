#ifndef TRAIND_SERVER_WORKERS_DEVICE_PROBE_H_
#define TRAIND_SERVER_WORKERS_DEVICE_PROBE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace traind {

// Devices that a worker sees.
struct DeviceProbe {
  // Such as {"cpu", "cuda:0"}; {"cpu"} when the probe failed.
  std::vector<std::string> devices;
  // Why the probe failed; OK otherwise.
  absl::Status status;
};

// Asks `<worker_binary> --list-devices`, so that a broken GPU driver can harm
// only that process. Blocks until it has answered, at most `timeout`.
DeviceProbe ProbeDevices(const std::string& worker_binary, absl::Duration timeout);

}  // namespace traind

#endif  // TRAIND_SERVER_WORKERS_DEVICE_PROBE_H_
