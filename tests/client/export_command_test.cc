#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/client/trainctl_runner.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ExportCommandTest : public testing::Test {
 protected:
  ExportCommandTest() {
    v1::Event step;
    step.set_run_id("s4-1");
    step.set_sequence(1);
    step.mutable_train_step()->set_step(100);
    step.mutable_train_step()->set_loss(0.5f);
    trainctl_.server.streams = {{.responses = {Response({step, SucceededEvent(2)})}}};
  }

  TrainctlRunner trainctl_;
};

TEST_F(ExportCommandTest, CsvIsATableOnStandardOutput) {
  EXPECT_EQ(trainctl_.Run({"export", "s4-1"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, StartsWith("sequence,time,attempt,kind,epoch,step,loss,"));
  EXPECT_THAT(trainctl_.out, HasSubstr("\n1,1970-01-01T00:00:00Z,0,train_step,0,100,0.5,0,"));
  EXPECT_THAT(trainctl_.out, HasSubstr("\n2,1970-01-01T00:00:00Z,0,state_changed,"));
  EXPECT_TRUE(trainctl_.server.stream_requests.at(0).no_follow());
}

TEST_F(ExportCommandTest, JsonlIsAnEventALine) {
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--format", "jsonl"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out,
            R"({"run_id":"s4-1","sequence":"1","attempt":0,"train_step":{"step":"100","epoch":0,)"
            R"("loss":0.5,"learning_rate":0}})"
            "\n"
            R"({"run_id":"s4-1","sequence":"2","attempt":0,"state_changed":)"
            R"({"from":"RUN_STATE_RUNNING","to":"RUN_STATE_SUCCEEDED","reason":""}})"
            "\n");
}

TEST_F(ExportCommandTest, KindsAndPointsAreAskedFor) {
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--kinds", "train_step,message", "--kinds",
                           "epoch_finished", "--max-points", "500"}),
            0)
      << trainctl_.err;
  const v1::StreamMetricsRequest& request = trainctl_.server.stream_requests.at(0);
  EXPECT_THAT(request.kinds(), ElementsAre(v1::EVENT_KIND_TRAIN_STEP, v1::EVENT_KIND_MESSAGE,
                                           v1::EVENT_KIND_EPOCH_FINISHED));
  EXPECT_EQ(request.max_points(), 500);
}

TEST_F(ExportCommandTest, TerminalStateThatWasNotAskedForIsLeftOut) {
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--kinds", "train_step", "--format", "jsonl"}), 0);
  EXPECT_THAT(trainctl_.out, HasSubstr("train_step"));
  EXPECT_EQ(trainctl_.out.find("state_changed"), std::string::npos);
}

TEST_F(ExportCommandTest, ExportBeginsAtTheOldestEventThatIsKept) {
  trainctl_.server.run.set_first_sequence(42);
  trainctl_.server.streams = {{.responses = {Response({MessageEvent(42, "oldest")})}}};
  EXPECT_EQ(trainctl_.Run({"export", "s4-1"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.server.stream_requests.at(0).after_sequence(), 41);
}

TEST_F(ExportCommandTest, FileHasAllOfIt) {
  const std::string path = WriteTestFile("export.csv", "former");
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "-o", path}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "");
  EXPECT_THAT(FileContent(path), StartsWith("sequence,"));
  EXPECT_THAT(FileContent(path), HasSubstr("\n2,"));
}

TEST_F(ExportCommandTest, HalfExportLeavesTheFormerFile) {
  const std::string path = WriteTestFile("half.csv", "former");
  trainctl_.server.streams = {{.responses = {Response({MessageEvent(1, "first")})},
                               .end = grpc::Status(grpc::INTERNAL, "disk fault")}};
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "-o", path}), 1);
  EXPECT_THAT(trainctl_.err, StartsWith("trainctl: INTERNAL: disk fault"));
  EXPECT_EQ(FileContent(path), "former");
}

TEST_F(ExportCommandTest, InterruptedExportLeavesTheFormerFile) {
  const std::string path = WriteTestFile("interrupted.csv", "former");
  trainctl_.server.streams = {{.responses = {Response({MessageEvent(1, "first")})},
                               .hang = true,
                               .written = [this] { trainctl_.stop.request_stop(); }}};
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "-o", path}), 130);
  EXPECT_EQ(FileContent(path), "former");
}

TEST_F(ExportCommandTest, FurtherMetricsAreColumns) {
  v1::EpochFinished epoch = FinishedEpoch(1, 0.5f, 938, 20, 0.0772, 9779);
  v1::MetricValue& top = *epoch.add_metrics();
  top.set_name("top_5_accuracy");
  top.add_values(0.999);
  *trainctl_.server.run.mutable_last_epoch() = epoch;
  trainctl_.server.streams = {{.responses = {Response({EpochEvent(1, epoch)})}}};
  EXPECT_EQ(trainctl_.Run({"export", "s4-1"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, HasSubstr(",data_wait_seconds,top_5_accuracy,text\n"));
  EXPECT_THAT(trainctl_.out, HasSubstr(",0.999,"));
}

// A run with a trace of three steps, over two pages.
void PlanTrace(FakeTraind& server) {
  server.run.mutable_execution()->set_trace(true);
  v1::ReadTraceResponse page;
  v1::TraceTensor& weight = *page.mutable_layout()->add_tensors();
  weight.set_kind(v1::TRACE_KIND_WEIGHT);
  weight.set_name("layers.0.weight");
  weight.add_shape(1);
  for (int step = 1; step <= 3; ++step) {
    v1::TraceRow& row = *page.add_rows();
    row.set_step(step);
    row.set_epoch(1);
    row.set_loss(0.5);
    row.add_values(step / 4.0);
    if (step < 2) continue;
    server.trace_pages.push_back(page);
    page.clear_rows();
  }
}

TEST_F(ExportCommandTest, CsvOfARunWithATraceIsARowForEachStep) {
  PlanTrace(trainctl_.server);
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--format", "csv"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out,
            "step,epoch,samples,loss,layers.0.weight[0]\n"
            "1,1,0,0.5,0.25\n2,1,0,0.5,0.5\n3,1,0,0.5,0.75\n");
}

TEST_F(ExportCommandTest, EventsOfARunWithATraceAreThereWhenAskedFor) {
  PlanTrace(trainctl_.server);
  const std::vector<StreamScript> streams(3, trainctl_.server.streams.front());
  trainctl_.server.streams.assign(streams.begin(), streams.end());
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--events"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, StartsWith("sequence,"));
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--kinds", "train_step"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, StartsWith("sequence,"));
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--format", "jsonl"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, StartsWith("{\"run_id\""));
}

TEST_F(ExportCommandTest, ATraceThatSkipsAStepMakesNoFile) {
  PlanTrace(trainctl_.server);
  trainctl_.server.trace_pages[1].mutable_rows(0)->set_step(4);
  const std::string path = WriteTestFile("trace.csv", "former");
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "-o", path}), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("expected step 3, got 4"));
  EXPECT_EQ(FileContent(path), "former");
}

TEST_F(ExportCommandTest, SafetensorsAreTheServersBytesOfOneCheckpoint) {
  trainctl_.server.weights = "0123456789";
  const std::string path = WriteTestFile("weights.safetensors", "former");
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--format", "safetensors", "-o", path}), 0)
      << trainctl_.err;
  EXPECT_EQ(FileContent(path), "0123456789");
  const std::vector<v1::ReadWeightsRequest>& requests = trainctl_.server.weight_requests;
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].run_id(), "s4-1");
  EXPECT_EQ(requests[0].checkpoint(), "");
  EXPECT_EQ(requests[2].checkpoint(), "step-000000007");
  EXPECT_EQ(requests[2].offset(), 8);
}

TEST_F(ExportCommandTest, WeightsThatEndTooSoonLeaveTheFormerFile) {
  trainctl_.server.weights = "0123456";
  const std::string path = WriteTestFile("half.safetensors", "former");
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--format", "safetensors", "-o", path}), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("expected 10 bytes, got 7"));
  EXPECT_EQ(FileContent(path), "former");
}

TEST_F(ExportCommandTest, WeightsOfAModelAreThoseInProductionUnlessAVersionIsNamed) {
  v1::Model& model = *trainctl_.server.models.add_models();
  model.set_name("s4");
  for (const int number : {3, 2, 1}) {
    v1::ModelVersion& version = *model.add_versions();
    version.set_model("s4");
    version.set_version(number);
    if (number == 2) version.add_aliases("production");
  }
  trainctl_.server.weights = "0123456789";
  const std::string path = WriteTestFile("model.safetensors", "");
  for (const auto& [name, version] :
       {std::pair("s4", 2), std::pair("s4@3", 3), std::pair("s4@production", 2)}) {
    trainctl_.server.weight_requests.clear();
    EXPECT_EQ(trainctl_.Run({"export", name, "--format", "safetensors", "-o", path}), 0)
        << trainctl_.err;
    EXPECT_EQ(trainctl_.server.weight_requests.at(0).version().version(), version) << name;
  }
  EXPECT_EQ(trainctl_.Run({"export", "s5", "--format", "safetensors", "-o", path}), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("no run and no model s5"));
}

TEST_F(ExportCommandTest, ModulesAreWrittenWholeAndLayersAreNot) {
  trainctl_.server.weights = "0123456789";
  const std::string path = WriteTestFile("module.pt", "former");
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--format", "module", "-o", path}), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("s4-1 is made of layers: --format safetensors or onnx"));
  trainctl_.server.run.mutable_recipe()->mutable_network()->mutable_module()->set_name("mine");
  for (const char* format : {"safetensors", "onnx"}) {
    EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--format", format, "-o", path}), 1);
    EXPECT_THAT(trainctl_.err, HasSubstr("is a module, which is written whole: --format module"));
  }
  EXPECT_EQ(FileContent(path), "former");
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--format", "module", "-o", path}), 0)
      << trainctl_.err;
  EXPECT_EQ(FileContent(path), "0123456789");
}

TEST_F(ExportCommandTest, WeightsNeedAFileAndTakeNoFlagsOfEvents) {
  for (const char* format : {"safetensors", "onnx", "module"}) {
    EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--format", format}), 2);
    EXPECT_THAT(trainctl_.err, HasSubstr("expected -o FILE"));
    EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--format", format, "-o", "x", "--events"}), 2);
  }
  EXPECT_TRUE(trainctl_.server.request_ids.empty());
}

TEST_F(ExportCommandTest, TensorboardGetsAFolderOfTheRun) {
  const std::string folder = WriteTestFile("logs", "");
  std::filesystem::remove(folder);
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--format", "tensorboard", "-o", folder}), 0)
      << trainctl_.err;
  const std::string content = FileContent(folder + "/s4-1/events.out.tfevents.0.s4-1");
  EXPECT_THAT(content, HasSubstr("brain.Event:2"));
  EXPECT_THAT(content, HasSubstr("step/loss"));
}

TEST_F(ExportCommandTest, InterruptedTensorboardExportKeepsWhatAFormerOneWrote) {
  const std::string folder = WriteTestFile("kept-logs", "");
  std::filesystem::remove(folder);
  ASSERT_EQ(trainctl_.Run({"export", "s4-1", "--format", "tensorboard", "-o", folder}), 0);
  const std::string file = folder + "/s4-1/events.out.tfevents.0.s4-1";
  const std::string former = FileContent(file);
  trainctl_.server.streams = {{.responses = {}, .end = grpc::Status(grpc::INTERNAL, "disk fault")}};
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--format", "tensorboard", "-o", folder}), 1);
  EXPECT_EQ(FileContent(file), former);
}

TEST_F(ExportCommandTest, FlagsThatDoNotFitTheFormatAreBadUsage) {
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--format", "tensorboard"}), 2);
  EXPECT_THAT(trainctl_.err, HasSubstr("expected -o DIR"));
  EXPECT_EQ(trainctl_.Run(
                {"export", "s4-1", "--format", "tensorboard", "-o", "logs", "--kinds", "message"}),
            2);
  EXPECT_EQ(trainctl_.Run({"export", "s4-1", "--follow"}), 2);
  EXPECT_TRUE(trainctl_.server.request_ids.empty());
}

TEST_F(ExportCommandTest, UnknownRunMakesNoFile) {
  const std::string path = WriteTestFile("unknown.csv", "former");
  EXPECT_EQ(trainctl_.Run({"export", "s4-9", "-o", path}), 1);
  EXPECT_EQ(trainctl_.err, "trainctl: NOT_FOUND: no run s4-9\n");
  EXPECT_EQ(FileContent(path), "former");
}

}  // namespace
}  // namespace traind
