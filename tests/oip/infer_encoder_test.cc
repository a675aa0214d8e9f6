#include "server/oip/infer_encoder.h"

#include <cmath>
#include <cstring>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/oip/oip_fixture.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using inference::ModelInferResponse;
using ::testing::ElementsAre;

ModelInferResponse Encode(const Prediction& prediction,
                          const std::vector<RequestedOutput>& outputs) {
  return *EncodePrediction(ThreeClassVersion(), prediction, outputs, "r7");
}

// As a client reads an output.
template <typename T>
std::vector<T> Values(const std::string& raw) {
  std::vector<T> values(raw.size() / sizeof(T));
  std::memcpy(values.data(), raw.data(), raw.size());
  return values;
}

// The elements of BYTES, read as the protocol says.
std::vector<std::string> Elements(absl::string_view raw) {
  std::vector<std::string> elements;
  while (raw.size() >= 4) {
    const uint32_t length = static_cast<unsigned char>(raw[0]);  // short elements only
    elements.emplace_back(raw.substr(4, length));
    raw.remove_prefix(4 + length);
  }
  EXPECT_TRUE(raw.empty());
  return elements;
}

TEST(InferEncoderTest, SaysWhichVersionAnsweredWhichRequest) {
  const ModelInferResponse response = Encode(TwoRowPrediction(), {{.index = 0}});
  EXPECT_EQ(response.model_name(), "s4");
  EXPECT_EQ(response.model_version(), "3");
  EXPECT_EQ(response.id(), "r7");
}

TEST(InferEncoderTest, EveryOutputIsRawInOrder) {
  const ModelInferResponse response =
      Encode(TwoRowPrediction(), {{.index = 0}, {.index = 1}, {.index = 2}});
  ASSERT_EQ(response.outputs_size(), 3);
  ASSERT_EQ(response.raw_output_contents_size(), 3);
  EXPECT_EQ(response.outputs(0).name(), "classes");
  EXPECT_EQ(response.outputs(0).datatype(), "INT64");
  EXPECT_THAT(response.outputs(0).shape(), ElementsAre(2));
  EXPECT_THAT(Values<int64_t>(response.raw_output_contents(0)), ElementsAre(2, 0));
  EXPECT_EQ(response.outputs(1).name(), "logits");
  EXPECT_EQ(response.outputs(1).datatype(), "FP32");
  EXPECT_THAT(response.outputs(1).shape(), ElementsAre(2, 3));
  EXPECT_THAT(Values<float>(response.raw_output_contents(1)), ElementsAre(-1, 0, 2, 1, 1, 0.1f));
  EXPECT_EQ(response.outputs(2).name(), "probabilities");
  EXPECT_THAT(Values<float>(response.raw_output_contents(2)),
              ElementsAre(0.125f, 0.125f, 0.75f, 0.375f, 0.375f, 0.25f));
  for (const auto& output : response.outputs()) EXPECT_FALSE(output.has_contents());
}

TEST(InferEncoderTest, OnlyTheChosenOutputsAreSent) {
  const ModelInferResponse response = Encode(TwoRowPrediction(), {{.index = 2}, {.index = 0}});
  ASSERT_EQ(response.outputs_size(), 2);
  EXPECT_EQ(response.outputs(0).name(), "probabilities");
  EXPECT_EQ(response.outputs(1).name(), "classes");
  EXPECT_EQ(response.raw_output_contents(1).size(), 16u);
}

TEST(InferEncoderTest, AClassificationHasTheLargestFirstAndTiesInTheClassesOrder) {
  const ModelInferResponse response = Encode(TwoRowPrediction(), {{.index = 2, .top_count = 2}});
  EXPECT_EQ(response.outputs(0).datatype(), "BYTES");
  EXPECT_THAT(response.outputs(0).shape(), ElementsAre(2, 2));
  EXPECT_THAT(Elements(response.raw_output_contents(0)),
              ElementsAre("0.75:2", "0.125:0", "0.375:0", "0.375:1"));
}

TEST(InferEncoderTest, AClassificationNamesTheClassesThatHaveNames) {
  v1::ModelVersion version = ThreeClassVersion();
  for (const char* name : {"setosa", "versicolor", "virginica"}) version.add_class_names(name);
  const auto response =
      EncodePrediction(version, TwoRowPrediction(), {{.index = 2, .top_count = 1}}, "");
  ASSERT_OK(response);
  EXPECT_THAT(Elements(response->raw_output_contents(0)),
              ElementsAre("0.75:2:virginica", "0.375:0:setosa"));
}

TEST(InferEncoderTest, ValuesOfAClassificationReadBackExactly) {
  const ModelInferResponse response = Encode(TwoRowPrediction(), {{.index = 1, .top_count = 3}});
  EXPECT_THAT(Elements(response.raw_output_contents(0)),
              ElementsAre("2:2", "0:1", "-1:0", "1:0", "1:1", "0.1:2"));
}

TEST(InferEncoderTest, NotANumberComesLastInAClassification) {
  Prediction prediction = TwoRowPrediction();
  prediction.logits = {NAN, -1, NAN, 0, NAN, INFINITY};
  const ModelInferResponse response = Encode(prediction, {{.index = 1, .top_count = 3}});
  EXPECT_THAT(Elements(response.raw_output_contents(0)),
              ElementsAre("-1:1", "nan:0", "nan:2", "inf:2", "0:0", "nan:1"));
}

TEST(InferEncoderTest, AnOutputWithoutRowsStillHasItsPlace) {
  Prediction prediction;
  prediction.class_count = 3;
  const ModelInferResponse response = Encode(prediction, {{.index = 1}});
  EXPECT_THAT(response.outputs(0).shape(), ElementsAre(0, 3));
  ASSERT_EQ(response.raw_output_contents_size(), 1);
  EXPECT_EQ(response.raw_output_contents(0), "");
}

TEST(InferEncoderTest, AnOutputThatPredictionsDoNotHaveIsInternal) {
  v1::ModelVersion version = ThreeClassVersion();
  version.mutable_outputs(1)->set_name("boxes");
  EXPECT_THAT(EncodePrediction(version, TwoRowPrediction(), {{RequestedOutput{.index = 1}}}, ""),
              StatusIs(absl::StatusCode::kInternal, "got boxes"));
}

TEST(InferEncoderTest, APredictionWhoseSizesDoNotAgreeIsInternal) {
  Prediction prediction = TwoRowPrediction();
  prediction.logits.pop_back();
  EXPECT_THAT(
      EncodePrediction(ThreeClassVersion(), prediction, {{RequestedOutput{.index = 1}}}, ""),
      StatusIs(absl::StatusCode::kInternal,
               "expected 2 classes, 6 logits and probabilities, "
               "got 2, 5 and 6"));
}

}  // namespace
}  // namespace traind
