#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "tests/client/png_writer.h"
#include "tests/client/trainctl_runner.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;

template <typename T>
void AddOutput(const std::string& name, v1::DataType type, const std::vector<int64_t>& shape,
               const std::vector<T>& values, v1::PredictResponse& response) {
  v1::Tensor* tensor = response.add_outputs();
  tensor->set_name(name);
  tensor->set_data_type(type);
  tensor->mutable_shape()->Add(shape.begin(), shape.end());
  tensor->set_data(values.data(), values.size() * sizeof(T));
}

class PredictCommandTest : public testing::Test {
 protected:
  PredictCommandTest() {
    v1::Model* model = trainctl_.server.models.add_models();
    model->set_name("s4");
    for (int number : {3, 2}) {
      v1::ModelVersion* version = model->add_versions();
      version->set_model("s4");
      version->set_version(number);
      if (number == 2) version->add_aliases("production");
      v1::TensorSignature* input = version->add_inputs();
      input->set_name("x");
      input->set_data_type(v1::DATA_TYPE_FP32);
      for (int64_t size : {-1, 1, 2, 2}) input->add_shape(size);
    }
  }

  // The server is to answer with these classes of three, each with 80%.
  void PlanAnswer(const std::vector<int64_t>& classes) {
    const int64_t rows = static_cast<int64_t>(classes.size());
    std::vector<float> probabilities;
    for (int64_t chosen : classes) {
      for (int64_t i = 0; i < 3; ++i) probabilities.push_back(i == chosen ? 0.8f : 0.1f);
    }
    v1::PredictResponse& response = trainctl_.server.prediction;
    response.Clear();
    response.set_model("s4");
    response.set_version(3);
    response.mutable_compute_time()->set_nanos(2'500'000);
    AddOutput("classes", v1::DATA_TYPE_INT64, {rows}, classes, response);
    AddOutput("probabilities", v1::DATA_TYPE_FP32, {rows, 3}, probabilities, response);
  }

  void PlanRows(const std::string& pixels, const std::vector<int64_t>& labels) {
    v1::Tensor* images = trainctl_.server.rows.mutable_images();
    images->set_data_type(v1::DATA_TYPE_UINT8);
    for (int64_t size : {static_cast<int64_t>(labels.size()), int64_t{1}, int64_t{2}, int64_t{2}}) {
      images->add_shape(size);
    }
    images->set_data(pixels);
    trainctl_.server.rows.mutable_labels()->Add(labels.begin(), labels.end());
  }

  // The values that reached the server.
  std::vector<float> SentValues() {
    const std::string& data = trainctl_.server.predictions.at(0).inputs(0).data();
    std::vector<float> values(data.size() / sizeof(float));
    std::memcpy(values.data(), data.data(), data.size());
    return values;
  }

  int PredictImage(const std::string& file, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"predict", "--model", "s4", "--image", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return trainctl_.Run(arguments);
  }

  std::string Png(int side, const std::vector<uint8_t>& pixels) {
    return WriteTestFile("digit.png", WritePng({.width = side, .height = side, .bytes = pixels}));
  }

  TrainctlRunner trainctl_;
};

TEST_F(PredictCommandTest, PictureIsSentAsPixelsOver255) {
  PlanAnswer({1});
  EXPECT_EQ(PredictImage(Png(2, {0, 51, 102, 255})), 0) << trainctl_.err;
  const v1::Tensor& tensor = trainctl_.server.predictions.at(0).inputs(0);
  EXPECT_EQ(tensor.name(), "x");
  EXPECT_EQ(tensor.data_type(), v1::DATA_TYPE_FP32);
  EXPECT_THAT(tensor.shape(), ElementsAre(1, 1, 2, 2));
  EXPECT_THAT(SentValues(), ElementsAre(0.0f, 0.2f, 0.4f, 1.0f));
}

TEST_F(PredictCommandTest, OutputIsTheDrawingTheBarsAndTheAnswer) {
  PlanAnswer({1});
  const std::string file = Png(2, {0, 255, 0, 255});
  EXPECT_EQ(PredictImage(file), 0);
  EXPECT_EQ(trainctl_.out,
            " █    0 ███                             10.00%\n"
            "      1 ████████████████████████        80.00% <\n"
            "      2 ███                             10.00%\n" +
                file +
                ": 1 with 80.00% by s4@3\n\n"
                "s4@3: queued 0.0 ms, computed 2.5 ms\n");
}

TEST_F(PredictCommandTest, InvertSwapsDarkAndLight) {
  PlanAnswer({1});
  EXPECT_EQ(PredictImage(Png(2, {255, 0, 0, 0}), {"--invert"}), 0);
  EXPECT_THAT(SentValues(), ElementsAre(0.0f, 1.0f, 1.0f, 1.0f));
}

TEST_F(PredictCommandTest, OtherSizeIsRefusedWithExpectedAndGot) {
  EXPECT_EQ(PredictImage(Png(4, std::vector<uint8_t>(16))), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("expected 2x2 pixels, got 4x4; --resize"));
}

TEST_F(PredictCommandTest, ResizeMakesThePictureFit) {
  PlanAnswer({1});
  const std::vector<uint8_t> quarters = {0, 0, 255, 255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(PredictImage(Png(4, quarters), {"--resize"}), 0);
  EXPECT_THAT(SentValues(), ElementsAre(0.0f, 1.0f, 0.0f, 0.0f));
}

TEST_F(PredictCommandTest, FileThatIsNoPngIsNamed) {
  EXPECT_EQ(PredictImage(WriteTestFile("text.png", "hello, world")), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("text.png: not a PNG"));
}

TEST_F(PredictCommandTest, DatasetRowsAreComparedWithTheirLabels) {
  PlanRows(std::string("\x00\x33\x66\xff\xff\xff\xff\xff", 8), {1, 2});
  PlanAnswer({1, 0});
  EXPECT_EQ(
      trainctl_.Run({"predict", "--model", "s4", "--dataset", "mnist:test", "--index", "4,7"}), 0)
      << trainctl_.err;
  EXPECT_THAT(trainctl_.out, HasSubstr("mnist:test 4: 1 with 80.00% by s4@3; label 1, right\n"));
  EXPECT_THAT(trainctl_.out, HasSubstr("mnist:test 7: 0 with 80.00% by s4@3; label 2, WRONG\n"));
  EXPECT_THAT(trainctl_.out, EndsWith("1 of 2 right; s4@3: queued 0.0 ms, computed 2.5 ms\n"));
  const v1::ReadDatasetRowsRequest& request = trainctl_.server.row_requests.at(0);
  EXPECT_EQ(request.dataset(), "mnist");
  EXPECT_EQ(request.split(), "test");
  EXPECT_THAT(request.row_indexes(), ElementsAre(4, 7));
  EXPECT_THAT(SentValues(), ElementsAre(0.0f, 0.2f, 0.4f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f));
}

TEST_F(PredictCommandTest, ClassesHaveTheNamesOfTheVersionThatAnswered) {
  for (const char* name : {"old-0", "old-1", "old-2"}) {
    trainctl_.server.models.mutable_models(0)->mutable_versions(1)->add_class_names(name);
  }
  for (const char* name : {"ape", "bee"}) {
    trainctl_.server.models.mutable_models(0)->mutable_versions(0)->add_class_names(name);
  }
  PlanAnswer({1});
  const std::string file = Png(2, {0, 255, 0, 255});
  EXPECT_EQ(PredictImage(file), 0);
  EXPECT_THAT(trainctl_.out, HasSubstr("80.00% bee <\n"));
  EXPECT_THAT(trainctl_.out, HasSubstr(": bee with 80.00% by s4@3\n"));
  EXPECT_EQ(PredictImage(file, {"--json"}), 0);
  EXPECT_EQ(nlohmann::json::parse(trainctl_.out)["rows"][0]["name"], "bee");
  PlanAnswer({2});  // beyond the names
  EXPECT_EQ(PredictImage(file), 0);
  EXPECT_THAT(trainctl_.out, HasSubstr(": 2 with 80.00% by s4@3\n"));
}

TEST_F(PredictCommandTest, ValuesGetTheNameOfTheirClass) {
  v1::ModelVersion& version = *trainctl_.server.models.mutable_models(0)->mutable_versions(0);
  for (const char* name : {"ape", "bee"}) version.add_class_names(name);
  PlanAnswer({1});
  EXPECT_EQ(trainctl_.Run({"predict", "--model", "s4", "--values", "1,2,3,4"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "values: bee with 80.00% by s4@3\n");
  EXPECT_EQ(trainctl_.Run({"predict", "--model", "s4", "--values", "1,2,3,4", "--json"}), 0);
  EXPECT_EQ(nlohmann::json::parse(trainctl_.out)["rows"][0]["name"], "bee");
}

TEST_F(PredictCommandTest, DatasetOfAnotherShapeIsRefused) {
  PlanRows("1234", {1});
  trainctl_.server.rows.mutable_images()->set_shape(3, 3);
  EXPECT_EQ(trainctl_.Run({"predict", "--model", "s4", "--dataset", "mnist:test", "--index", "4"}),
            1);
  EXPECT_THAT(trainctl_.err, HasSubstr("expected rows of [1, 1, 2, 2], got [1, 1, 2, 3]"));
}

TEST_F(PredictCommandTest, VersionAndAliasAreSelected) {
  PlanAnswer({1});
  const std::string file = Png(2, {0, 0, 0, 0});
  EXPECT_EQ(trainctl_.Run({"predict", "--model", "s4@2", "--image", file}), 0);
  EXPECT_EQ(trainctl_.Run({"predict", "--model", "s4@production", "--image", file}), 0);
  EXPECT_EQ(trainctl_.server.predictions.at(0).version(), 2);
  EXPECT_EQ(trainctl_.server.predictions.at(1).alias(), "production");
}

TEST_F(PredictCommandTest, UnknownModelOrVersionSaysWhatThereIs) {
  EXPECT_EQ(trainctl_.Run({"predict", "--model", "s5", "--image", "x.png"}), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("NOT_FOUND: no model s5; published: s4; "));
  EXPECT_EQ(trainctl_.Run({"predict", "--model", "s4@staging", "--image", "x.png"}), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("no version or alias staging; it has 3, 2, production"));
}

TEST_F(PredictCommandTest, ModelThatTakesNoPicturesIsRefused) {
  trainctl_.server.models.mutable_models(0)->mutable_versions(0)->mutable_inputs(0)->add_shape(1);
  EXPECT_EQ(PredictImage("x.png"), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("does not take pictures"));
}

TEST_F(PredictCommandTest, MalformedAnswerIsAnInternalError) {
  trainctl_.server.prediction.set_model("s4");
  EXPECT_EQ(PredictImage(Png(2, {0, 0, 0, 0})), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("trainctl: INTERNAL: malformed prediction"));
}

TEST_F(PredictCommandTest, JsonHasNumbersInPlaceOfRawTensors) {
  PlanAnswer({2});
  EXPECT_EQ(PredictImage(Png(2, {0, 0, 0, 0}), {"--json"}), 0);
  const nlohmann::json document = nlohmann::json::parse(trainctl_.out);
  EXPECT_EQ(document["model"], "s4");
  EXPECT_EQ(document["version"], 3);
  ASSERT_THAT(document["rows"], SizeIs(1));
  EXPECT_EQ(document["rows"][0]["class"], 2);
  EXPECT_FLOAT_EQ(document["rows"][0]["probabilities"][2], 0.8f);
  EXPECT_FALSE(document["rows"][0].contains("label"));
}

}  // namespace
}  // namespace traind
