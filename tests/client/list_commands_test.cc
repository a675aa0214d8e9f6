#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/client/s4_summary.h"
#include "tests/client/trainctl_runner.h"

namespace traind {
namespace {

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
  *trainctl_.server.run_pages.emplace_back().add_runs() = running;
  *trainctl_.server.run_pages.emplace_back().add_runs() = RunAt("s4-1", v1::RUN_STATE_QUEUED);
  EXPECT_EQ(trainctl_.Run({"runs"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out,
            "RUN     STATE     EPOCH   ACCURACY   BEST     DEVICE   TOOK   AGE\n"
            "s4-17   RUNNING   3/19    98.75%     98.76%   cpu      60s    3m12s\n"
            "s4-1    QUEUED    0/19    -          -        -        -      3m12s\n");
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

TEST_F(ListCommandsTest, DescribeTellsEverything) {
  trainctl_.server.run = RunAt("s4-1", v1::RUN_STATE_RUNNING);
  EXPECT_EQ(trainctl_.Run({"describe", "s4-1"}), 0);
  EXPECT_THAT(trainctl_.out, StartsWith("Run:         s4-1\nState:       RUNNING\n"));
}

TEST_F(ListCommandsTest, CancelPrintsTheStateAndPassesForceOn) {
  trainctl_.server.run.set_state(v1::RUN_STATE_STOPPING);
  EXPECT_EQ(trainctl_.Run({"cancel", "s4-1", "--force"}), 0);
  EXPECT_EQ(trainctl_.out, "s4-1 STOPPING\n");
  EXPECT_EQ(trainctl_.server.cancels.at(0).run_id(), "s4-1");
  EXPECT_TRUE(trainctl_.server.cancels.at(0).force());
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
  version->add_aliases("best");
  version->set_eval_accuracy(0.9948);
  version->set_eval_loss(0.0189);
  version->set_parameter_count(17962);
  version->set_run_id("s4-17");
  version->set_epoch(13);
  version->mutable_create_time()->set_seconds(Ago(7200));
  EXPECT_EQ(trainctl_.Run({"models"}), 0);
  EXPECT_EQ(
      trainctl_.out,
      "MODEL   VERSION   ALIASES           ACCURACY   LOSS     PARAMETERS   RUN     EPOCH   AGE\n"
      "s4      2         production,best   99.48%     0.0189   17962        s4-17   13      "
      "120m\n");
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
