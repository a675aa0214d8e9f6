#include "server/recipes/target_check.h"

#include "gtest/gtest.h"
#include "tests/recipes/recipe_fixture.h"

namespace traind {
namespace {

std::string Answer(const char* loss_text, int64_t output_count, const TargetKind& targets) {
  v1::Loss loss;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(loss_text, &loss));
  return MessageOf(CheckTargets(loss, output_count, targets));
}

TEST(CheckTargets, OfCrossEntropyTakesClassesAndNoMoreThanOutputs) {
  EXPECT_EQ(Answer("cross_entropy {}", 10, {.class_count = 10}), "");
  EXPECT_EQ(Answer("cross_entropy {}", 10, {}), "");
  EXPECT_EQ(Answer("cross_entropy {}", 10, {.class_count = 11}),
            "the last layer: expected an output for each of 11 classes, got 10");
  EXPECT_EQ(Answer("cross_entropy {}", 10, {.value_count = 10}),
            "loss: expected one for values, such as mean_squared_error, as the data has values, "
            "got cross_entropy");
}

TEST(CheckTargets, OfLossesForValuesTakesOneForEachOutput) {
  for (const char* loss : {"mean_squared_error {}", "huber {}", "half_squared_error {}"}) {
    EXPECT_EQ(Answer(loss, 3, {.value_count = 3}), "");
    EXPECT_EQ(Answer(loss, 3, {.value_count = 2}),
              "the last layer: expected an output for each of the data's 2 values, got 3");
    EXPECT_EQ(Answer(loss, 3, {.class_count = 3}),
              "loss: expected cross_entropy, as the data has classes, got one for values");
  }
}

TEST(CheckTargets, OfBinaryCrossEntropyTakesValuesOrTwoClasses) {
  EXPECT_EQ(Answer("binary_cross_entropy {}", 3, {.value_count = 3}), "");
  EXPECT_EQ(Answer("binary_cross_entropy {}", 1, {.class_count = 2}), "");
  EXPECT_EQ(Answer("binary_cross_entropy {}", 2, {.class_count = 2}),
            "loss: expected cross_entropy, unless there are two classes and one output, got "
            "binary_cross_entropy with 2 outputs");
  EXPECT_NE(Answer("binary_cross_entropy {}", 1, {.class_count = 3}), "");
}

}  // namespace
}  // namespace traind
