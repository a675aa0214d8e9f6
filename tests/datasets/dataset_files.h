#ifndef TRAIND_TESTS_DATASETS_DATASET_FILES_H_
#define TRAIND_TESTS_DATASETS_DATASET_FILES_H_

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/datasets/input_file.h"
#include "server/datasets/split.h"

namespace traind {

// Where a file in tests/datasets/fixtures lies; tests run in the project's root.
inline std::string FixturePath(const std::string& name) {
  return "tests/datasets/fixtures/" + name;
}

// The bytes of such a file.
inline std::string FixtureBytes(const std::string& name) {
  std::ifstream file(FixturePath(name), std::ios::binary);
  EXPECT_TRUE(file) << "cannot read fixture " << name;
  return {(std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()};
}

// The values of a split, as numbers.
template <typename Value>
std::vector<Value> ValuesOf(const Split& split) {
  std::vector<Value> values(split.values.size() / sizeof(Value));
  std::memcpy(values.data(), split.values.data(), split.values.size());
  return values;
}

}  // namespace traind

#endif  // TRAIND_TESTS_DATASETS_DATASET_FILES_H_
