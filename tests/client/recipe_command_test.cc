#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/trainctl_runner.h"

namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class RecipeCommandTest : public testing::Test {
 protected:
  RecipeCommandTest() {
    v1::RecipeSummary& summary = trainctl_.server.summary;
    summary.set_recipe_name("s4");
    summary.set_parameter_count(17962);
    summary.add_layers();
    summary.add_layers();
    summary.mutable_recipe()->set_name("s4");
    summary.mutable_recipe()->set_batch_size(64);
  }

  TrainctlRunner trainctl_;
};

TEST_F(RecipeCommandTest, GoodFileIsSaidToBeGood) {
  const std::string file = WriteTestFile("good.textproto", "name: \"s4\"");
  ASSERT_EQ(trainctl_.Run({"recipe", "check", file}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, file + ": good: s4, 2 layers, 17962 parameters\n");
  EXPECT_EQ(trainctl_.server.summaries.at(0).recipe_text(), "name: \"s4\"");
}

TEST_F(RecipeCommandTest, BadFileIsNamedWithWhatIsWrong) {
  const std::string file = WriteTestFile("bad.textproto", "nam: 1");
  trainctl_.server.failures["SummarizeRecipe"] = {
      grpc::Status(grpc::INVALID_ARGUMENT, "recipe:1:1: no field nam")};
  EXPECT_EQ(trainctl_.Run({"recipe", "check", file}), 1);
  EXPECT_EQ(trainctl_.err, "trainctl: INVALID_ARGUMENT: " + file + ": recipe:1:1: no field nam\n");
}

TEST_F(RecipeCommandTest, NameWithoutDotOrSlashIsTheServers) {
  ASSERT_EQ(trainctl_.Run({"recipe", "check", "s4-classic"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.server.summaries.at(0).recipe_name(), "s4-classic");
}

TEST_F(RecipeCommandTest, ShowPrintsTheRecipeWithItsChanges) {
  ASSERT_EQ(trainctl_.Run({"recipe", "show", "s4", "--set", "batch_size=64"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "name: \"s4\"\nbatch_size: 64\n");
  EXPECT_EQ(trainctl_.server.summaries.at(0).overrides(0).path(), "batch_size");
}

TEST_F(RecipeCommandTest, DiffPutsTwoRecipesSideBySide) {
  ASSERT_EQ(trainctl_.Run({"recipe", "diff", "s4", "s5"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "no field differs\n");  // the fake has one recipe for all names
  EXPECT_EQ(trainctl_.server.summaries.at(0).recipe_name(), "s4");
  EXPECT_EQ(trainctl_.server.summaries.at(1).recipe_name(), "s5");
}

TEST_F(RecipeCommandTest, ServerThatIsTooOldIsToldOf) {
  trainctl_.server.summary.clear_recipe();
  EXPECT_EQ(trainctl_.Run({"recipe", "show", "s4"}), 1);
  EXPECT_THAT(trainctl_.err, HasSubstr("the server is older than this trainctl"));
}

TEST_F(RecipeCommandTest, AbsentFileIsNotFound) {
  EXPECT_EQ(trainctl_.Run({"recipe", "check", "./absent.textproto"}), 1);
  EXPECT_THAT(trainctl_.err, StartsWith("trainctl: NOT_FOUND: "));
  EXPECT_THAT(trainctl_.err, HasSubstr("absent.textproto"));
}

TEST_F(RecipeCommandTest, ActionIsRequired) { EXPECT_EQ(trainctl_.Run({"recipe"}), 2); }

TEST_F(RecipeCommandTest, DiffOfOneIsBadUsage) {
  EXPECT_EQ(trainctl_.Run({"recipe", "diff", "s4"}), 2);
}

}  // namespace
}  // namespace traind
