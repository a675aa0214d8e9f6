#include "client/trainctl/predict_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// An answer for two rows of two classes.
v1::PredictResponse TwoRows() {
  v1::PredictResponse response;
  response.set_model("s4");
  response.set_version(3);
  const int64_t classes[] = {1, 0};
  const float probabilities[] = {0.25f, 0.75f, 0.5f, 0.5f};
  v1::Tensor* tensor = response.add_outputs();
  tensor->set_name("classes");
  tensor->set_data_type(v1::DATA_TYPE_INT64);
  tensor->add_shape(2);
  tensor->set_data(classes, sizeof(classes));
  tensor = response.add_outputs();
  tensor->set_name("probabilities");
  tensor->set_data_type(v1::DATA_TYPE_FP32);
  tensor->add_shape(2);
  tensor->add_shape(2);
  tensor->set_data(probabilities, sizeof(probabilities));
  return response;
}

TEST(PredictResultTest, TensorsAreTakenApartByRow) {
  const absl::StatusOr<std::vector<Prediction>> predictions = ToPredictions(TwoRows(), 2);
  ASSERT_TRUE(predictions.ok()) << predictions.status();
  EXPECT_EQ((*predictions)[0].predicted_class, 1);
  EXPECT_THAT((*predictions)[0].probabilities, ElementsAre(0.25f, 0.75f));
  EXPECT_THAT((*predictions)[1].probabilities, ElementsAre(0.5f, 0.5f));
}

TEST(PredictResultTest, AnswerForAnotherNumberOfRowsIsMalformed) {
  EXPECT_EQ(ToPredictions(TwoRows(), 1).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ToPredictions(TwoRows(), 3).status().code(), absl::StatusCode::kInternal);
}

TEST(PredictResultTest, ShortDataIsMalformed) {
  v1::PredictResponse response = TwoRows();
  response.mutable_outputs(1)->mutable_data()->pop_back();
  EXPECT_EQ(ToPredictions(response, 2).status().code(), absl::StatusCode::kInternal);
}

TEST(PredictResultTest, ClassThatHasNoProbabilityIsMalformed) {
  v1::PredictResponse response = TwoRows();
  const int64_t classes[] = {1, 2};
  response.mutable_outputs(0)->set_data(classes, sizeof(classes));
  EXPECT_THAT(std::string(ToPredictions(response, 2).status().message()),
              HasSubstr("class 2 of 2"));
}

TEST(PredictResultTest, OutputOfAnotherTypeIsMalformed) {
  v1::PredictResponse response = TwoRows();
  response.mutable_outputs(0)->set_data_type(v1::DATA_TYPE_FP32);
  EXPECT_FALSE(ToPredictions(response, 2).ok());
}

TEST(PredictResultTest, OnlyTheTenLikeliestOfManyClassesAreDrawn) {
  Prediction prediction;
  prediction.predicted_class = 15;
  for (int i = 0; i < 20; ++i) prediction.probabilities.push_back(i == 15 ? 0.5f : 0.001f * i);
  const std::string text =
      PredictionText({.name = "x", .pixels = {}, .label = std::nullopt},
                     {.width = 1, .height = 1, .pixels = {0}}, prediction, "s4@3", {}, false);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 11);
  EXPECT_THAT(text, HasSubstr(" 15 ███████████████"));
  EXPECT_THAT(text, HasSubstr(" 10 "));
  EXPECT_THAT(text, Not(HasSubstr("  9 ")));
}

TEST(PredictResultTest, TotalsWithoutLabelsCountNothing) {
  const std::vector<NamedImage> images = {{.name = "x", .pixels = {}, .label = std::nullopt}};
  EXPECT_EQ(PredictionTotals(images, {Prediction{}}, TwoRows()),
            "s4@3: queued 0.0 ms, computed 0.0 ms\n");
}

}  // namespace
}  // namespace traind
