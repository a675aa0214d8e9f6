#ifndef TRAIND_TESTS_TORCH_FIXTURE_FILE_H_
#define TRAIND_TESTS_TORCH_FIXTURE_FILE_H_

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace traind {

// The bytes of a file in tests/torch/fixtures; tests run in the project's root.
inline std::string ReadFixture(const std::string& name) {
  std::ifstream file("tests/torch/fixtures/" + name, std::ios::binary);
  EXPECT_TRUE(file) << "cannot read fixture " << name;
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

}  // namespace traind

#endif  // TRAIND_TESTS_TORCH_FIXTURE_FILE_H_
