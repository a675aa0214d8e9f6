#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/client/s4_summary.h"
#include "tests/client/trainctl_runner.h"

namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ListCommandsTest : public testing::Test {
 protected:
  // A moment before the fake clock's present.
  int64_t Ago(int64_t seconds) { return absl::ToUnixSeconds(trainctl_.waiter.Now()) - seconds; }

  v1::Run RunAt(const std::string& id, v1::RunState state) {
    v1::Run run;
    run.set_id(id);
    run.set_state(state);
    run.mutable_recipe()->set_epoch_count(19);
    run.mutable_create_time()->set_seconds(Ago(192));
    return run;
  }

  TrainctlRunner trainctl_;
};

TEST_F(ListCommandsTest, RunsAreATableOverAllPages) {
  v1::Run running = RunAt("s4-17", v1::RUN_STATE_RUNNING);
  running.set_epochs_finished(3);
  running.mutable_execution()->set_device("cpu");
  running.mutable_start_time()->set_seconds(Ago(60));
  *running.mutable_last_epoch() = FinishedEpoch(3, 0.5f, 938, 20, 0.04, 9875);
  *running.mutable_best_epoch() = FinishedEpoch(2, 0.5f, 938, 20, 0.04, 9876);
  running.set_state_reason("attempt 1");
  *trainctl_.server.run_pages.emplace_back().add_runs() = running;
  v1::Run queued = RunAt("s4-1", v1::RUN_STATE_QUEUED);
  queued.set_state_reason("waiting for a slot on cpu (position 2)");
  *trainctl_.server.run_pages.emplace_back().add_runs() = queued;
  EXPECT_EQ(trainctl_.Run({"runs"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out,
            "RUN     STATE     EPOCH   ACCURACY   BEST     DEVICE   TOOK   AGE     REASON\n"
            "s4-17   RUNNING   3/19    98.75%     98.76%   cpu      60s    3m12s   -\n"
            "s4-1    QUEUED    0/19    -          -        -        -      3m12s   "
            "waiting for a slot on cpu (position 2)\n");
}

TEST_F(ListCommandsTest, RunsAreAskedForByStateAndModelOnEachPage) {
  for (const char* id : {"s4-2", "s4-1"}) {
    *trainctl_.server.run_pages.emplace_back().add_runs() = RunAt(id, v1::RUN_STATE_PAUSED);
  }
  EXPECT_EQ(trainctl_.Run({"runs", "--state", "running,queued", "--state", "paused", "--model",
                           "s4", "--limit", "7"}),
            0)
      << trainctl_.err;
  ASSERT_EQ(trainctl_.server.run_lists.size(), 2);
  for (const v1::ListRunsRequest& request : trainctl_.server.run_lists) {
    EXPECT_THAT(request.states(),
                ElementsAre(v1::RUN_STATE_RUNNING, v1::RUN_STATE_QUEUED, v1::RUN_STATE_PAUSED));
    EXPECT_EQ(request.model(), "s4");
  }
  EXPECT_EQ(trainctl_.server.run_lists[0].page_size(), 7);
}

TEST_F(ListCommandsTest, NoRunOfAStateIsNoAdviceToStartOne) {
  EXPECT_EQ(trainctl_.Run({"runs", "--state", "failed"}), 0);
  EXPECT_EQ(trainctl_.err, "no such runs; all of them: `trainctl runs`\n");
}

TEST_F(ListCommandsTest, NoRunsSaysHowToStartOne) {
  EXPECT_EQ(trainctl_.Run({"runs"}), 0);
  EXPECT_EQ(trainctl_.out, "");
  EXPECT_THAT(trainctl_.err, HasSubstr("trainctl start --model s4"));
}

TEST_F(ListCommandsTest, RunsWithJsonAreOneDocument) {
  *trainctl_.server.run_pages.emplace_back().add_runs() = RunAt("s4-2", v1::RUN_STATE_QUEUED);
  *trainctl_.server.run_pages.emplace_back().add_runs() = RunAt("s4-1", v1::RUN_STATE_FAILED);
  EXPECT_EQ(trainctl_.Run({"--json", "runs"}), 0);
  const nlohmann::json list = nlohmann::json::parse(trainctl_.out);
  ASSERT_EQ(list["runs"].size(), 2);
  EXPECT_EQ(list["runs"][1]["state"], "RUN_STATE_FAILED");
  EXPECT_EQ(list["runs"][1]["recipe"]["epoch_count"], 19);
}

TEST_F(ListCommandsTest, DescribeTellsEverythingWithTheTransitions) {
  trainctl_.server.run = RunAt("s4-1", v1::RUN_STATE_RUNNING);
  trainctl_.server.run.set_first_sequence(5);
  v1::Event queued = StateEvent(5, v1::RUN_STATE_UNSPECIFIED, v1::RUN_STATE_QUEUED, "accepted");
  queued.mutable_time()->set_seconds(1'700'000'000);
  v1::Event starting = StateEvent(6, v1::RUN_STATE_QUEUED, v1::RUN_STATE_STARTING);
  starting.mutable_time()->set_seconds(1'700'000'061);
  trainctl_.server.streams = {{.responses = {Response({queued, starting})}}};
  EXPECT_EQ(trainctl_.Run({"describe", "s4-1"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, StartsWith("Run:         s4-1\nState:       RUNNING\n"));
  EXPECT_THAT(trainctl_.out, HasSubstr("Transitions:\n"
                                       "  TIME                  CHANGE              REASON\n"
                                       "  2023-11-14 22:13:20   new → QUEUED        accepted\n"
                                       "  2023-11-14 22:14:21   QUEUED → STARTING   -\n"));
  const v1::StreamMetricsRequest& request = trainctl_.server.stream_requests.at(0);
  EXPECT_THAT(request.kinds(), ElementsAre(v1::EVENT_KIND_STATE_CHANGED));
  EXPECT_EQ(request.after_sequence(), 4);
  EXPECT_TRUE(request.no_follow());
}

TEST_F(ListCommandsTest, DescribeWithJsonIsTheRunAndItsTransitions) {
  trainctl_.server.run = RunAt("s4-1", v1::RUN_STATE_RUNNING);
  trainctl_.server.streams = {
      {.responses = {Response({MessageEvent(1, "no transition"),
                               StateEvent(2, v1::RUN_STATE_QUEUED, v1::RUN_STATE_STARTING)})}}};
  EXPECT_EQ(trainctl_.Run({"describe", "s4-1", "--json"}), 0) << trainctl_.err;
  const nlohmann::json run = nlohmann::json::parse(trainctl_.out);
  EXPECT_EQ(run["id"], "s4-1");
  ASSERT_EQ(run["transitions"].size(), 1);
  EXPECT_EQ(run["transitions"][0]["sequence"], "2");
  EXPECT_EQ(run["transitions"][0]["state_changed"]["to"], "RUN_STATE_STARTING");
}

TEST_F(ListCommandsTest, RecipesAreATable) {
  v1::NamedRecipe* named = trainctl_.server.recipes.add_recipes();
  named->set_name("s4");
  named->mutable_recipe()->mutable_data()->set_dataset("mnist");
  named->mutable_recipe()->set_epoch_count(15);
  named->mutable_recipe()->set_batch_size(128);
  named->mutable_recipe()->set_description("Digits.");
  EXPECT_EQ(trainctl_.Run({"recipes"}), 0);
  EXPECT_EQ(trainctl_.out,
            "NAME   DATASET   EPOCHS   BATCH   DESCRIPTION\n"
            "s4     mnist     15       128     Digits.\n");
}

TEST_F(ListCommandsTest, ModelsAreATableOfVersions) {
  v1::Model* model = trainctl_.server.models.add_models();
  model->set_name("s4");
  v1::ModelVersion* version = model->add_versions();
  version->set_version(2);
  version->add_aliases("production");
  version->add_aliases("canary");
  model->set_canary_percent(5);
  version->set_load_state(v1::LOAD_STATE_READY);
  version->set_device("cuda:0");
  version->set_size_bytes(74752);
  version->set_eval_accuracy(0.9948);
  version->set_eval_loss(0.0189);
  version->set_parameter_count(17962);
  version->set_run_id("s4-17");
  version->set_epoch(13);
  version->mutable_create_time()->set_seconds(Ago(7200));
  EXPECT_EQ(trainctl_.Run({"models"}), 0);
  EXPECT_EQ(
      trainctl_.out,
      "MODEL   VERSION   ALIASES                STATE   DEVICE   SIZE       ACCURACY   LOSS     "
      "PARAMETERS   "
      "RUN     EPOCH   AGE    REASON\n"
      "s4      2         production,canary 5%   READY   cuda:0   73.0 KiB   99.48%     0.0189   "
      "17962 "
      "       "
      "s4-17   13      120m   -\n");
}

TEST_F(ListCommandsTest, ModelsTellWhyAVersionIsUnavailable) {
  v1::Model* model = trainctl_.server.models.add_models();
  model->set_name("s4");
  v1::ModelVersion* version = model->add_versions();
  version->set_load_state(v1::LOAD_STATE_UNAVAILABLE);
  version->set_load_reason("model.safetensors: wrong SHA-256");
  EXPECT_EQ(trainctl_.Run({"models"}), 0);
  EXPECT_THAT(trainctl_.out, HasSubstr("UNAVAILABLE"));
  EXPECT_THAT(trainctl_.out, HasSubstr("wrong SHA-256\n"));
}

TEST_F(ListCommandsTest, SummaryPrintsBothTables) {
  trainctl_.server.summary = S4Summary();
  EXPECT_EQ(trainctl_.Run({"summary", "s4", "--set", "seed=1"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, HasSubstr("Total params: 17,962"));
  EXPECT_THAT(trainctl_.out, HasSubstr("\n\nCONV1 "));
  EXPECT_EQ(trainctl_.server.summaries.at(0).recipe_name(), "s4");
  EXPECT_EQ(trainctl_.server.summaries.at(0).overrides(0).path(), "seed");
}

TEST_F(ListCommandsTest, SummaryOfAFileWithJson) {
  trainctl_.server.summary = S4Summary();
  const std::string path = WriteTestFile("s4.textproto", "name: \"s4\"");
  EXPECT_EQ(trainctl_.Run({"summary", "--recipe", path, "--json"}), 0);
  EXPECT_EQ(trainctl_.server.summaries.at(0).recipe_text(), "name: \"s4\"");
  EXPECT_EQ(nlohmann::json::parse(trainctl_.out)["parameter_count"], "17962");
}

TEST_F(ListCommandsTest, VersionTellsClientAndServer) {
  trainctl_.server.info.set_version("9.8.7");
  trainctl_.server.info.set_torch_version("2.11.0");
  trainctl_.server.info.add_devices("cpu");
  trainctl_.server.info.set_cpu_count(2);
  trainctl_.server.info.mutable_start_time()->set_seconds(Ago(30));
  EXPECT_EQ(trainctl_.Run({"version"}), 0);
  EXPECT_THAT(trainctl_.out, StartsWith("trainctl "));
  EXPECT_THAT(trainctl_.out, HasSubstr("traind 9.8.7 at 127.0.0.1:"));
  EXPECT_THAT(trainctl_.out, HasSubstr("LibTorch 2.11.0, devices cpu, 2 cores, up 30s\n"));
}

TEST_F(ListCommandsTest, VersionWithoutAServerStillTellsTheClients) {
  trainctl_.server.failures["GetServerInfo"] =
      std::deque<grpc::Status>(3, grpc::Status(grpc::UNAVAILABLE, "away"));
  EXPECT_EQ(trainctl_.Run({"version", "--json"}), 1);
  const nlohmann::json document = nlohmann::json::parse(trainctl_.out);
  EXPECT_FALSE(document["client_version"].get<std::string>().empty());
  EXPECT_TRUE(document["server"].is_null());
  EXPECT_THAT(trainctl_.err, StartsWith("trainctl: UNAVAILABLE: "));
}

}  // namespace
}  // namespace traind
