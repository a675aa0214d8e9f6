#include "server/torch/cuda/device_graph.h"

#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <gtest/gtest.h>

#include <optional>

#include "server/torch/random_generator.h"
#include "tests/torch/gpu/gpu_fixture.h"

namespace traind {
namespace {

class DeviceGraphTest : public GpuTest {
 protected:
  void SetUp() override {
    GpuTest::SetUp();
    if (IsSkipped()) return;
    // Work is recorded on a stream of its own.
    stream_.emplace(c10::impl::VirtualGuardImpl(at::kCUDA).getStreamFromGlobalPool(device_));
  }

  std::optional<c10::StreamGuard> stream_;
};

TEST_F(DeviceGraphTest, ALaunchDoesTheRecordedWorkOnWhatTheTensorsHoldThen) {
  const at::Tensor input = at::full({4}, 1.0, at::device(device_));
  const at::Tensor output = at::zeros({4}, at::device(device_));
  const auto work = [&] { output.copy_(input * 2 + 1); };
  work();
  output.zero_();
  const auto graph = MakeDeviceGraph(device_);
  ASSERT_TRUE(graph.ok()) << graph.status();
  (*graph)->Capture({}, work);
  EXPECT_EQ(output.sum().item<float>(), 0) << "recording must not run";
  input.fill_(5.0);
  (*graph)->Launch();
  EXPECT_TRUE(output.cpu().equal(at::full({4}, 11.0)));
}

TEST_F(DeviceGraphTest, RandomNumbersGoOnFromLaunchToLaunchAndStartAnewWithTheSeed) {
  at::Generator generator = MakeGenerator(device_, 7);
  const at::Tensor numbers = at::zeros({1000}, at::device(device_));
  const auto work = [&] { numbers.uniform_(0, 1, generator); };
  work();
  const auto graph = MakeDeviceGraph(device_);
  ASSERT_TRUE(graph.ok()) << graph.status();
  (*graph)->Capture({{generator}}, work);
  Reseed(generator, 11);
  (*graph)->Launch();
  const at::Tensor first = numbers.cpu();
  (*graph)->Launch();
  const at::Tensor second = numbers.cpu();
  EXPECT_FALSE(first.equal(second));
  Reseed(generator, 11);
  (*graph)->Launch();
  EXPECT_TRUE(numbers.cpu().equal(first));
}

TEST_F(DeviceGraphTest, AGeneratorsPlaceCanBeTakenBetweenLaunchesAndGoneBackTo) {
  at::Generator generator = MakeGenerator(device_, 7);
  const at::Tensor numbers = at::zeros({1000}, at::device(device_));
  const auto work = [&] { numbers.uniform_(0, 1, generator); };
  work();
  const auto graph = MakeDeviceGraph(device_);
  ASSERT_TRUE(graph.ok()) << graph.status();
  (*graph)->Capture({{generator}}, work);
  (*graph)->Launch();
  const at::Tensor place = GeneratorState(generator);
  (*graph)->Launch();
  const at::Tensor expected = numbers.cpu();
  (*graph)->Launch();
  SetGeneratorState(generator, place);
  (*graph)->Launch();
  EXPECT_TRUE(numbers.cpu().equal(expected));
}

}  // namespace
}  // namespace traind
