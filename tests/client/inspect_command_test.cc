#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "client/trainctl/png_decoder.h"
#include "tests/client/trainctl_runner.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename T>
void AddOutput(const std::string& name, v1::DataType type, const std::vector<int64_t>& shape,
               const std::vector<T>& values, v1::PredictResponse& response) {
  v1::Tensor* tensor = response.add_outputs();
  tensor->set_name(name);
  tensor->set_data_type(type);
  tensor->mutable_shape()->Add(shape.begin(), shape.end());
  tensor->set_data(values.data(), values.size() * sizeof(T));
}

// Run s4-1 has published s4@3, which takes 2x2 pixels and knows two classes. The split has four
// rows: of class 0, taken for 0; of 0, for 1; of 1, for 1; of 1, for 0.
class InspectCommandTest : public testing::Test {
 protected:
  InspectCommandTest() {
    v1::Run& run = trainctl_.server.run;
    run.set_published_version(3);
    v1::Model& model = *trainctl_.server.models.add_models();
    model.set_name("s4");
    version_ = model.add_versions();
    version_->set_model("s4");
    version_->set_version(3);
    version_->set_run_id("s4-1");
    version_->set_epoch(9);
    version_->mutable_recipe()->mutable_data()->set_dataset("mnist");
    version_->mutable_recipe()->mutable_data()->set_eval_split("test");
    AddSignature("x", *version_->mutable_inputs());
    AddSignature("classes", *version_->mutable_outputs());
    PlanRows({0, 0, 1, 1});
    v1::PredictResponse& answer = trainctl_.server.prediction;
    answer.set_model("s4");
    answer.set_version(3);
    AddOutput("classes", v1::DATA_TYPE_INT64, {4}, std::vector<int64_t>{0, 1, 1, 0}, answer);
    AddOutput("probabilities", v1::DATA_TYPE_FP32, {4, 2},
              std::vector<float>{0.9f, 0.1f, 0.4f, 0.6f, 0.2f, 0.8f, 0.75f, 0.25f}, answer);
  }

  static void AddSignature(const std::string& name,
                           google::protobuf::RepeatedPtrField<v1::TensorSignature>& signatures) {
    v1::TensorSignature& signature = *signatures.Add();
    signature.set_name(name);
    signature.set_data_type(v1::DATA_TYPE_FP32);
    for (int64_t size : {-1, 1, 2, 2}) signature.add_shape(size);
  }

  void PlanRows(const std::vector<int64_t>& labels) {
    v1::ReadDatasetRowsResponse& rows = trainctl_.server.rows;
    rows.Clear();
    rows.set_split_row_count(static_cast<int64_t>(labels.size()));
    rows.mutable_images()->set_data_type(v1::DATA_TYPE_UINT8);
    for (int64_t size : {static_cast<int64_t>(labels.size()), int64_t{1}, int64_t{2}, int64_t{2}}) {
      rows.mutable_images()->add_shape(size);
    }
    rows.mutable_images()->set_data(std::string(labels.size() * 4, '\x40'));
    rows.mutable_labels()->Add(labels.begin(), labels.end());
  }

  TrainctlRunner trainctl_;
  v1::ModelVersion* version_;
};

TEST_F(InspectCommandTest, TellsWhichClassesAreConfused) {
  ASSERT_EQ(trainctl_.Run({"inspect", "s4-1"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out,
              HasSubstr("s4@3 (s4-1, epoch 9) on mnist:test: 2 of 4 rows right, 50.00%\n"));
  EXPECT_THAT(trainctl_.out,
              HasSubstr("\n0             1     1     50.0\n1             1     1     50.0\n"));
}

TEST_F(InspectCommandTest, MistakeWhoseClassGotTheLeastIsFirst) {
  ASSERT_EQ(trainctl_.Run({"inspect", "s4-1"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out,
              ContainsRegex("\n3 +1 +0 +75.00% +25.00%\n1 +0 +1 +60.00% +40.00%\n$"));
}

TEST_F(InspectCommandTest, RunsOwnVersionIsAsked) {
  ASSERT_EQ(trainctl_.Run({"inspect", "s4-1"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.server.predictions.at(0).model(), "s4");
  EXPECT_EQ(trainctl_.server.predictions.at(0).version(), 3);
  const v1::ReadDatasetRowsRequest& request = trainctl_.server.row_requests.back();
  EXPECT_EQ(request.dataset(), "mnist");
  EXPECT_EQ(request.split(), "test");
  EXPECT_THAT(request.row_indexes(), ElementsAre(0, 1, 2, 3));
}

TEST_F(InspectCommandTest, OtherSplitMayBeAsked) {
  ASSERT_EQ(trainctl_.Run({"inspect", "s4-1", "--dataset", "digits:train"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.server.row_requests.back().dataset(), "digits");
  EXPECT_EQ(trainctl_.server.row_requests.back().split(), "train");
}

TEST_F(InspectCommandTest, SheetIsAPicture) {
  const std::string path = WriteTestFile("mistakes.png", "former");
  ASSERT_EQ(trainctl_.Run({"inspect", "s4-1", "-o", path}), 0) << trainctl_.err;
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_OK(DecodePng(content.str(), 0));
}

TEST_F(InspectCommandTest, ModelMayBeNamedInPlaceOfARun) {
  ASSERT_EQ(trainctl_.Run({"inspect", "s4@3"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, HasSubstr("s4@3 (s4-1, epoch 9) on mnist:test: 2 of 4 rows right"));
  EXPECT_EQ(trainctl_.Run({"inspect", "s5@3"}), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("NOT_FOUND"));
}

TEST_F(InspectCommandTest, ClassesGoByTheNamesThatTheModelHas) {
  version_->add_class_names("cat");
  version_->add_class_names("dog");
  ASSERT_EQ(trainctl_.Run({"inspect", "s4-1"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, HasSubstr("\ntrue        cat   dog   recall\n"));
  EXPECT_THAT(trainctl_.out, ContainsRegex("\n3 +dog +cat +75.00% +25.00%\n"));
}

TEST_F(InspectCommandTest, RowsOfATableHaveNoSheet) {
  version_->mutable_inputs(0)->clear_shape();
  for (const int64_t size : {-1, 4}) version_->mutable_inputs(0)->add_shape(size);
  v1::Tensor& rows = *trainctl_.server.rows.mutable_images();
  rows.clear_shape();
  for (const int64_t size : {4, 4}) rows.add_shape(size);
  ASSERT_EQ(trainctl_.Run({"inspect", "s4-1"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, HasSubstr("2 of 4 rows right"));
  const std::string path = WriteTestFile("mistakes.png", "former");
  EXPECT_EQ(trainctl_.Run({"inspect", "s4-1", "-o", path}), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("-o draws pictures, and s4@3 takes none"));
}

TEST_F(InspectCommandTest, NoMoreThanTheWorstAreKept) {
  ASSERT_EQ(trainctl_.Run({"inspect", "s4-1", "--worst", "1", "--json"}), 0) << trainctl_.err;
  const nlohmann::json document = nlohmann::json::parse(trainctl_.out);
  EXPECT_EQ(document["worst"].size(), 1u);
  EXPECT_EQ(document["worst"][0]["row"], 3);
  EXPECT_EQ(document["confusion_matrix"], nlohmann::json::parse("[[1,1],[1,1]]"));
  EXPECT_EQ(document["right_count"], 2);
}

TEST_F(InspectCommandTest, RunThatPublishedNothingSaysWhatToDo) {
  trainctl_.server.run.set_published_version(0);
  EXPECT_EQ(trainctl_.Run({"inspect", "s4-1"}), 1);
  EXPECT_THAT(trainctl_.err,
              HasSubstr("FAILED_PRECONDITION: expected a run whose best epoch was published"));
  EXPECT_THAT(trainctl_.err, HasSubstr("`trainctl publish s4-1`"));
}

TEST_F(InspectCommandTest, VersionThatWasDeletedIsNotFound) {
  version_->set_version(2);
  EXPECT_EQ(trainctl_.Run({"inspect", "s4-1"}), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("NOT_FOUND"));
}

TEST_F(InspectCommandTest, ModelThatTellsNoClassesIsRefused) {
  version_->mutable_outputs(0)->set_name("values");
  EXPECT_EQ(trainctl_.Run({"inspect", "s4-1"}), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("s4@3 tells no classes"));
}

TEST_F(InspectCommandTest, LabelThatIsNoClassIsRefused) {
  PlanRows({0, 0, 1, 2});
  EXPECT_EQ(trainctl_.Run({"inspect", "s4-1"}), 1);
  EXPECT_THAT(
      trainctl_.err,
      HasSubstr(
          "OUT_OF_RANGE: row 3: expected a label from 0 to 1, as the model has classes, got 2"));
}

TEST_F(InspectCommandTest, SplitIsCheckedBeforeAnyCall) {
  EXPECT_EQ(trainctl_.Run({"inspect", "s4-1", "--dataset", "mnist"}), 2);
  EXPECT_TRUE(trainctl_.server.request_ids.empty());
}

}  // namespace
}  // namespace traind
