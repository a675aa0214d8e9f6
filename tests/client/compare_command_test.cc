#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/client/trainctl_runner.h"

namespace traind {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class CompareCommandTest : public testing::Test {
 protected:
  CompareCommandTest() {
    trainctl_.server.run = MakeRun("s4-1", 0.1, 9779);
    trainctl_.server.other_runs["s4-2"] = MakeRun("s4-2", 0.05, 9912);
  }

  static v1::Run MakeRun(const std::string& id, double learning_rate, int64_t correct) {
    v1::Run run;
    run.set_id(id);
    run.set_state(v1::RUN_STATE_SUCCEEDED);
    run.mutable_recipe()->set_name("s4");
    run.mutable_recipe()->set_epoch_count(10);
    run.mutable_recipe()->mutable_optimizer()->mutable_sgd()->set_learning_rate(learning_rate);
    run.set_epochs_finished(10);
    run.set_published_version(3);
    *run.mutable_best_epoch() = FinishedEpoch(9, 0.5f, 938, 20, 0.0772, correct);
    run.mutable_best_epoch()->set_train_sample_count(60000);
    run.mutable_start_time()->set_seconds(1000);
    run.mutable_end_time()->set_seconds(1095);
    return run;
  }

  TrainctlRunner trainctl_;
};

TEST_F(CompareCommandTest, FieldsThatDifferStandSideBySide) {
  ASSERT_EQ(trainctl_.Run({"compare", "s4-1", "s4-2"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out,
              ContainsRegex("FIELD +s4-1 +s4-2\noptimizer.sgd.learning_rate +0.1 +0.05\n"));
  EXPECT_THAT(trainctl_.out, Not(HasSubstr("epoch_count")));
}

TEST_F(CompareCommandTest, FiguresStandSideBySide) {
  ASSERT_EQ(trainctl_.Run({"compare", "s4-1", "s4-2"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, ContainsRegex("accuracy +97.79% +99.12%\n"));
  EXPECT_THAT(trainctl_.out, ContainsRegex("eval_loss +0.0772 +0.0772\n"));
  EXPECT_THAT(trainctl_.out, ContainsRegex("took +95s +95s\n"));
  EXPECT_THAT(trainctl_.out, ContainsRegex("published +s4@3 +s4@3\n"));
  EXPECT_THAT(trainctl_.out, ContainsRegex("training rows/s +3000 +3000\n"));  // 60000 in 20 s
}

TEST_F(CompareCommandTest, FurtherMetricsHaveRows) {
  v1::MetricValue& top = *trainctl_.server.run.mutable_best_epoch()->add_metrics();
  top.set_name("top_5_accuracy");
  top.add_values(0.999);
  ASSERT_EQ(trainctl_.Run({"compare", "s4-1", "s4-2"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.out, ContainsRegex("top_5_accuracy +0.999 +-\n"));
}

TEST_F(CompareCommandTest, EqualRecipesSaySo) {
  trainctl_.server.other_runs["s4-2"] = MakeRun("s4-2", 0.1, 9779);
  ASSERT_EQ(trainctl_.Run({"compare", "s4-1", "s4-2"}), 0);
  EXPECT_THAT(trainctl_.out, HasSubstr("no field differs\n"));
}

TEST_F(CompareCommandTest, LongValueIsCutShortInTheTableAlone) {
  const std::string description(200, 'x');
  trainctl_.server.run.mutable_recipe()->set_description(description);
  ASSERT_EQ(trainctl_.Run({"compare", "s4-1", "s4-2"}), 0);
  EXPECT_THAT(trainctl_.out, HasSubstr("xxx..."));
  EXPECT_THAT(trainctl_.out, Not(HasSubstr(description)));
  ASSERT_EQ(trainctl_.Run({"compare", "s4-1", "s4-2", "--json"}), 0);
  EXPECT_THAT(trainctl_.out, HasSubstr(description));
}

TEST_F(CompareCommandTest, JsonHasDifferencesAndRuns) {
  ASSERT_EQ(trainctl_.Run({"compare", "s4-1", "s4-2", "--json"}), 0);
  const nlohmann::json document = nlohmann::json::parse(trainctl_.out);
  EXPECT_EQ(document["differences"][0]["path"], "optimizer.sgd.learning_rate");
  EXPECT_EQ(document["differences"][0]["values"][1], "0.05");
  EXPECT_EQ(document["runs"][1]["id"], "s4-2");
}

TEST_F(CompareCommandTest, OneRunIsBadUsage) { EXPECT_EQ(trainctl_.Run({"compare", "s4-1"}), 2); }

}  // namespace
}  // namespace traind
