#include "server/serving/output_scores.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;

Prediction TwoLogits() {
  Prediction prediction;
  prediction.row_count = 1;
  prediction.class_count = 2;
  prediction.logits = {0, 2};
  prediction.probabilities = {0.25f, 0.75f};
  return prediction;
}

TEST(OutputScores, OfBinaryCrossEntropyAreTheSigmoidOfEachLogit) {
  v1::Loss loss;
  loss.mutable_binary_cross_entropy();
  Prediction prediction = TwoLogits();
  FitScores(loss, prediction);
  EXPECT_THAT(prediction.probabilities, ElementsAre(0.5f, FloatNear(0.880797f, 1e-6f)));
}

TEST(OutputScores, OfClassesStayAsTheyAre) {
  v1::Loss loss;
  loss.mutable_cross_entropy();
  Prediction prediction = TwoLogits();
  FitScores(loss, prediction);
  EXPECT_THAT(prediction.probabilities, ElementsAre(0.25f, 0.75f));
}

TEST(OutputScores, OfAVersionThatNamesNoneAreThoseOfClasses) {
  v1::ModelVersion version;
  EXPECT_TRUE(HasOutput(version, "classes"));
  EXPECT_FALSE(HasOutput(version, "values"));
  version.add_outputs()->set_name("values");
  EXPECT_TRUE(HasOutput(version, "values"));
  EXPECT_FALSE(HasOutput(version, "classes"));
}

}  // namespace
}  // namespace traind
