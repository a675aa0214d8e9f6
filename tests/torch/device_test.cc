#include "server/torch/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace traind {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Device, CpuIsAlwaysThereAndFirst) { EXPECT_EQ(ListDevices().front(), "cpu"); }

TEST(Device, EmptyAndCpuResolveToCpu) {
  EXPECT_EQ(*ResolveDevice(""), "cpu");
  EXPECT_EQ(*ResolveDevice("cpu"), "cpu");
}

TEST(Device, AutoResolvesToADeviceThatIsThere) {
  EXPECT_THAT(ListDevices(), Contains(*ResolveDevice("auto")));
}

TEST(Device, CudaWithoutANumberIsTheFirstGpuOrRefused) {
  const auto device = ResolveDevice("cuda");
  if (ListDevices().size() > 1) {
    EXPECT_EQ(*device, "cuda:0");
  } else {
    EXPECT_EQ(device.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(device.status().message(), "device cuda: not found, this machine has: cpu");
  }
}

TEST(Device, AGpuThatIsNotThereIsRefusedWithWhatThereIs) {
  const auto device = ResolveDevice("cuda:99");
  EXPECT_EQ(device.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(device.status().message()),
              HasSubstr("device cuda:99: not found, this machine has: cpu"));
}

TEST(Device, OtherTextIsRefusedWithTheFormsThereAre) {
  for (const char* text : {"gpu", "cuda:", "cuda:x", "cuda:-1", "CPU"}) {
    const auto device = ResolveDevice(text);
    EXPECT_EQ(device.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(device.status().message()),
                HasSubstr("expected `cpu`, `cuda`, `cuda:N` or `auto`, got `"));
  }
}

TEST(Device, NoThreadsMeansAtLeastOne) {
  EXPECT_GE(ResolveThreadCount(0), 1);
  EXPECT_EQ(ResolveThreadCount(3), 3);
}

TEST(Device, TensorLibraryIsTheOneThatTheProjectPins) { EXPECT_EQ(TorchVersion(), "2.11.0"); }

}  // namespace
}  // namespace traind
