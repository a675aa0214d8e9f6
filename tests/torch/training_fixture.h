#ifndef TRAIND_TESTS_TORCH_TRAINING_FIXTURE_H_
#define TRAIND_TESTS_TORCH_TRAINING_FIXTURE_H_

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/torch/fixture_file.h"

namespace traind {

// The cases of one kind that PyTorch has computed, see
// fixtures/make_training_fixtures.py.
inline nlohmann::json TrainingCases(const std::string& kind) {
  return nlohmann::json::parse(ReadFixture("training.json")).at(kind);
}

// The message that a case has as text.
template <class Message>
Message MessageOfText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

}  // namespace traind

#endif  // TRAIND_TESTS_TORCH_TRAINING_FIXTURE_H_
