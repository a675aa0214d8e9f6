#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "tests/client/trainctl_runner.h"

namespace traind {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class UsageTest : public testing::Test {
 protected:
  // Runs a command that is wrong and returns what it says.
  std::string ErrorOf(const std::vector<std::string>& arguments) {
    EXPECT_EQ(trainctl_.Run(arguments), 2);
    EXPECT_EQ(trainctl_.out, "");
    EXPECT_THAT(trainctl_.err, StartsWith("trainctl: usage: "));
    EXPECT_EQ(std::count(trainctl_.err.begin(), trainctl_.err.end(), '\n'), 1);
    return trainctl_.err;
  }

  TrainctlRunner trainctl_;
};

TEST_F(UsageTest, HelpIsNoError) {
  EXPECT_EQ(trainctl_.Run({"--help"}), 0);
  EXPECT_THAT(trainctl_.out, HasSubstr("trainctl start --model s4"));
  EXPECT_EQ(trainctl_.Run({"predict", "--help"}), 0);
  EXPECT_THAT(trainctl_.out, HasSubstr("--index"));
}

TEST_F(UsageTest, OwnVersionNeedsNoServer) {
  EXPECT_EQ(trainctl_.Run({"--version"}), 0);
  EXPECT_THAT(trainctl_.out, StartsWith("trainctl "));
}

TEST_F(UsageTest, CommandIsNeeded) { EXPECT_THAT(ErrorOf({}), HasSubstr("subcommand")); }

TEST_F(UsageTest, UnknownCommandIsNamed) {
  EXPECT_THAT(ErrorOf({"strat"}), HasSubstr("unknown command `strat`"));
}

TEST_F(UsageTest, UnknownFlagIsNamedWithTheCommandsHelp) {
  const std::string error = ErrorOf({"runs", "--bogus"});
  EXPECT_THAT(error, HasSubstr("--bogus"));
  EXPECT_THAT(error, HasSubstr("`trainctl runs --help`"));
}

TEST_F(UsageTest, StartNeedsExactlyOneRecipe) {
  EXPECT_THAT(ErrorOf({"start"}), HasSubstr("--model,--recipe"));
  EXPECT_THAT(ErrorOf({"start", "--model", "s4", "--recipe", "x"}), HasSubstr("2 were given"));
}

TEST_F(UsageTest, PrecisionIsOneOfTwo) {
  EXPECT_THAT(ErrorOf({"start", "--model", "s4", "--precision", "fp8"}), HasSubstr("fp32"));
}

TEST_F(UsageTest, EpochsArePositive) {
  EXPECT_THAT(ErrorOf({"start", "--model", "s4", "--epochs", "0"}), HasSubstr("1 to 10000"));
}

TEST_F(UsageTest, SetNeedsAPathAndAValue) {
  EXPECT_THAT(ErrorOf({"start", "--model", "s4", "--set", "seed"}),
              HasSubstr("expected path=value"));
}

TEST_F(UsageTest, RunIsNeeded) { EXPECT_THAT(ErrorOf({"logs"}), HasSubstr("run is required")); }

TEST_F(UsageTest, PredictNeedsExactlyOneSource) {
  EXPECT_THAT(ErrorOf({"predict", "--model", "s4"}), HasSubstr("--image,--dataset"));
}

TEST_F(UsageTest, DatasetAndIndexNeedEachOther) {
  EXPECT_THAT(ErrorOf({"predict", "--model", "s4", "--dataset", "mnist:test"}),
              HasSubstr("--index"));
  EXPECT_THAT(ErrorOf({"predict", "--model", "s4", "--image", "x.png", "--index", "1"}),
              HasSubstr("--dataset"));
}

TEST_F(UsageTest, InvertIsForPictures) {
  EXPECT_THAT(
      ErrorOf({"predict", "--model", "s4", "--dataset", "mnist:test", "--index", "1", "--invert"}),
      HasSubstr("--image"));
}

TEST_F(UsageTest, DatasetHasASplit) {
  EXPECT_THAT(ErrorOf({"predict", "--model", "s4", "--dataset", "mnist", "--index", "1"}),
              HasSubstr("NAME:SPLIT"));
}

TEST_F(UsageTest, RowsAndModelsAreChecked) {
  EXPECT_THAT(ErrorOf({"predict", "--model", "s4", "--dataset", "mnist:test", "--index", "a"}),
              HasSubstr("0..9"));
  EXPECT_THAT(ErrorOf({"predict", "--model", "s4@", "--image", "x.png"}), HasSubstr("s4@3"));
  EXPECT_THAT(ErrorOf({"predict", "--model", "s4@0", "--image", "x.png"}), HasSubstr("from 1"));
}

TEST_F(UsageTest, UnknownStateOrKindListsThoseThereAre) {
  EXPECT_THAT(ErrorOf({"runs", "--state", "running,lost"}),
              HasSubstr("lost not in {queued,starting,running,pausing,paused,stopping,succeeded,"
                        "failed,cancelled}"));
  EXPECT_THAT(ErrorOf({"logs", "s4-1", "--kinds", "loss"}), HasSubstr("{state_changed,"));
  EXPECT_THAT(ErrorOf({"export", "s4-1", "--format", "xml"}),
              HasSubstr("{csv,jsonl,tensorboard,safetensors,onnx,module}"));
}

TEST_F(UsageTest, GraceIsADurationAndNotForForce) {
  EXPECT_THAT(ErrorOf({"cancel", "s4-1", "--grace", "soon"}), HasSubstr("--grace: expected"));
  EXPECT_THAT(ErrorOf({"cancel", "s4-1", "--grace", "5s", "--force"}), HasSubstr("excludes"));
}

TEST_F(UsageTest, SinceIsATime) {
  EXPECT_THAT(ErrorOf({"logs", "s4-1", "--since", "yesterday"}), HasSubstr("10m or 2h"));
}

TEST_F(UsageTest, TailAndAfterExcludeEachOther) {
  EXPECT_THAT(ErrorOf({"logs", "s4-1", "--tail", "5", "--after", "3"}), HasSubstr("excludes"));
}

TEST_F(UsageTest, FewerPointsThanTenAreNoPicture) {
  EXPECT_THAT(ErrorOf({"export", "s4-1", "--max-points", "9"}), HasSubstr("10"));
}

TEST_F(UsageTest, DeleteNeedsAName) {
  EXPECT_THAT(ErrorOf({"delete"}), HasSubstr("name is required"));
}

TEST_F(UsageTest, EveryCommandHasAnExample) {
  for (const char* command :
       {"start",   "logs",     "wait",  "runs",    "describe",  "export",  "pause",
        "resume",  "cancel",   "kill",  "delete",  "recipes",   "summary", "models",
        "promote", "rollback", "alias", "predict", "log-level", "version"}) {
    EXPECT_EQ(trainctl_.Run({command, "--help"}), 0);
    EXPECT_THAT(trainctl_.out, ContainsRegex(absl::StrCat("Examples?:\n  trainctl ", command)));
  }
}

TEST_F(UsageTest, TimeoutIsADuration) {
  EXPECT_THAT(ErrorOf({"runs", "--timeout", "soon"}), HasSubstr("1m30s"));
  EXPECT_THAT(ErrorOf({"runs", "--timeout", "inf"}), HasSubstr("infinite"));
  EXPECT_THAT(ErrorOf({"runs", "--timeout", "0"}), HasSubstr("positive"));
}

}  // namespace
}  // namespace traind
