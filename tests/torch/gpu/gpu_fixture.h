#ifndef TRAIND_TESTS_TORCH_GPU_GPU_FIXTURE_H_
#define TRAIND_TESTS_TORCH_GPU_GPU_FIXTURE_H_

#include <gtest/gtest.h>

#include "server/torch/device.h"
#include "server/torch/torch_headers.h"

namespace traind {

// A test that needs a CUDA device, and is skipped where none is.
class GpuTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (ListDevices().size() < 2) GTEST_SKIP() << "this machine has no CUDA device";
  }

  const at::Device device_{at::kCUDA, 0};
};

}  // namespace traind

#endif  // TRAIND_TESTS_TORCH_GPU_GPU_FIXTURE_H_
