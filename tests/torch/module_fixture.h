#ifndef TRAIND_TESTS_TORCH_MODULE_FIXTURE_H_
#define TRAIND_TESTS_TORCH_MODULE_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "server/torch/checkpoint/state_tensors.h"
#include "tests/torch/fixture_file.h"

namespace traind {

// Modules that Python has written, see fixtures/make_module_fixtures.py: rows of 4 numbers to
// 3 logits.
inline constexpr char kTinyModule[] = "tests/torch/fixtures/tiny_module.pt";
inline constexpr char kDroppingModule[] = "tests/torch/fixtures/dropping_module.pt";

// A tensor that PyTorch computed with the tiny module.
inline at::Tensor TinyTensor(const std::string& name) {
  absl::StatusOr<StateTensors> state = StateTensors::Parse(ReadFixture("tiny_module.safetensors"));
  EXPECT_TRUE(state.ok()) << state.status();
  absl::StatusOr<at::Tensor> tensor = state->Take(name);
  EXPECT_TRUE(tensor.ok()) << tensor.status();
  return *tensor;
}

// The largest difference between two tensors of one shape.
inline double LargestDifference(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

}  // namespace traind

#endif  // TRAIND_TESTS_TORCH_MODULE_FIXTURE_H_
