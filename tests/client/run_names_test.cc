#include "client/trainctl/run_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace traind {
namespace {

using ::testing::ElementsAre;

v1::Run MakeRun(const std::string& id, double learning_rate, int batch_size = 64) {
  v1::Run run;
  run.set_id(id);
  run.mutable_recipe()->set_name(id.substr(0, 2));
  run.mutable_recipe()->mutable_optimizer()->mutable_sgd()->set_learning_rate(learning_rate);
  run.mutable_recipe()->set_batch_size(batch_size);
  return run;
}

TEST(NameRuns, OneFieldThatDiffersIsTheTitle) {
  const RunNames names = NameRuns({MakeRun("s4-1", 0.1), MakeRun("s4-2", 0.5)});
  EXPECT_EQ(names.title, "learning_rate");
  EXPECT_THAT(names.names, ElementsAre("0.1 (s4-1)", "0.5 (s4-2)"));
}

TEST(NameRuns, SeveralFieldsAreInEachName) {
  const RunNames names = NameRuns({MakeRun("s4-1", 0.1, 32), MakeRun("s4-2", 0.5, 64)});
  EXPECT_EQ(names.title, "");
  EXPECT_THAT(names.names, ElementsAre("s4-1: learning_rate=0.1, batch_size=32",
                                       "s4-2: learning_rate=0.5, batch_size=64"));
}

TEST(NameRuns, RunsThatAreAlikeAreCalledByTheirIds) {
  const RunNames names = NameRuns({MakeRun("s4-1", 0.1), MakeRun("s4-2", 0.1)});
  EXPECT_THAT(names.names, ElementsAre("s4-1", "s4-2"));
}

TEST(NameRuns, NameOfTheRecipeTellsNothingThatTheIdDoesNot) {
  const RunNames names = NameRuns({MakeRun("s4-1", 0.1), MakeRun("s5-1", 0.5)});
  EXPECT_EQ(names.title, "learning_rate");
}

TEST(NameRuns, ExecutionThatDiffersIsNamed) {
  std::vector<v1::Run> runs = {MakeRun("s4-1", 0.1), MakeRun("s4-2", 0.1)};
  runs[0].mutable_execution()->set_device("cpu");
  runs[1].mutable_execution()->set_device("cuda:0");
  const RunNames names = NameRuns(runs);
  EXPECT_EQ(names.title, "device");
  EXPECT_THAT(names.names, ElementsAre("\"cpu\" (s4-1)", "\"cuda:0\" (s4-2)"));
}

TEST(NameRuns, FieldThatIsNotSetIsNone) {
  std::vector<v1::Run> runs = {MakeRun("s4-1", 0.1), MakeRun("s4-2", 0.1)};
  runs[1].mutable_recipe()->mutable_ema()->set_decay(0.99);
  EXPECT_THAT(NameRuns(runs).names, ElementsAre("none (s4-1)", "0.99 (s4-2)"));
}

TEST(NameRuns, NoMoreFieldsThanFitAreNamed) {
  const RunNames names = NameRuns({MakeRun("s4-1", 0.1, 32), MakeRun("s4-2", 0.5, 64)}, 1);
  EXPECT_THAT(names.names, ElementsAre("s4-1: learning_rate=0.1", "s4-2: learning_rate=0.5"));
}

}  // namespace
}  // namespace traind
