#include "server/workers/device_probe.h"

#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

class DeviceProbeTest : public testing::Test {
 protected:
  // Probes with a worker that is this shell script.
  DeviceProbe Probe(const std::string& script, absl::Duration timeout = absl::Seconds(20)) {
    WriteFile(worker_, absl::StrCat("#!/bin/sh\n", script));
    chmod(worker_.c_str(), 0700);
    return ProbeDevices(worker_, timeout);
  }

  TempDirectory directory_;
  const std::string worker_ = directory_.Path("traind-worker");
};

TEST_F(DeviceProbeTest, ReadsOneDevicePerLine) {
  const DeviceProbe probe = Probe("test \"$1\" = --list-devices && printf 'cpu\\ncuda:0\\n'\n");
  EXPECT_OK(probe.status);
  EXPECT_THAT(probe.devices, testing::ElementsAre("cpu", "cuda:0"));
}

TEST_F(DeviceProbeTest, AMissingWorkerLeavesTheCpu) {
  const DeviceProbe probe = ProbeDevices(directory_.Path("absent"), absl::Seconds(20));
  EXPECT_THAT(probe.devices, testing::ElementsAre("cpu"));
  EXPECT_THAT(probe.status, StatusIs(absl::StatusCode::kNotFound, "only the CPU is used"));
}

TEST_F(DeviceProbeTest, AFailingWorkerLeavesTheCpu) {
  const DeviceProbe probe = Probe("echo cuda:0\nexit 3\n");
  EXPECT_THAT(probe.devices, testing::ElementsAre("cpu"));
  EXPECT_THAT(probe.status, StatusIs(absl::StatusCode::kInternal, "exited with code 3"));
}

TEST_F(DeviceProbeTest, OtherOutputLeavesTheCpu) {
  const DeviceProbe probe = Probe("echo hello\n");
  EXPECT_THAT(probe.devices, testing::ElementsAre("cpu"));
  EXPECT_THAT(probe.status, StatusIs(absl::StatusCode::kInvalidArgument,
                                     "expected `cpu` or `cuda:N` on each line, got \"hello\""));
}

TEST_F(DeviceProbeTest, NoOutputLeavesTheCpu) {
  EXPECT_THAT(Probe("exit 0\n").status,
              StatusIs(absl::StatusCode::kInvalidArgument, "got no output"));
}

TEST_F(DeviceProbeTest, AWorkerThatHangsIsKilledAndLeavesTheCpu) {
  const DeviceProbe probe = Probe("sleep 1000\n", absl::Milliseconds(50));
  EXPECT_THAT(probe.devices, testing::ElementsAre("cpu"));
  EXPECT_THAT(probe.status, StatusIs(absl::StatusCode::kDeadlineExceeded, "no answer within 50ms"));
}

TEST_F(DeviceProbeTest, EndlessOutputLeavesTheCpu) {
  EXPECT_THAT(Probe("while :; do echo cpu; done\n").status,
              StatusIs(absl::StatusCode::kOutOfRange, "more than 65536 bytes"));
}

}  // namespace
}  // namespace traind
