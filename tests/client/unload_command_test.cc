#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/client/trainctl_runner.h"

// `unload` and `publish`.
namespace traind {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class UnloadCommandTest : public testing::Test {
 protected:
  TrainctlRunner trainctl_;
};

TEST_F(UnloadCommandTest, TellsWhatCameBack) {
  trainctl_.server.unloaded.set_freed_bytes(74752);
  trainctl_.server.unloaded.add_versions(3);
  EXPECT_EQ(trainctl_.Run({"unload", "s4@3"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "s4: version 3 unloaded, 73.0 KiB freed\n");
  ASSERT_THAT(trainctl_.server.unloads, SizeIs(1));
  EXPECT_EQ(trainctl_.server.unloads[0].model(), "s4");
  EXPECT_EQ(trainctl_.server.unloads[0].version(), 3);
}

TEST_F(UnloadCommandTest, AModelAloneMeansAllItsVersions) {
  EXPECT_EQ(trainctl_.Run({"unload", "s4"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "s4: nothing was loaded\n");
  EXPECT_EQ(trainctl_.server.unloads.at(0).version(), 0);
}

TEST_F(UnloadCommandTest, AnAliasIsBadUsage) {
  EXPECT_EQ(trainctl_.Run({"unload", "s4@production"}), 2);
  EXPECT_THAT(trainctl_.err, HasSubstr("expected a model such as s4"));
  EXPECT_THAT(trainctl_.server.unloads, IsEmpty());
}

TEST_F(UnloadCommandTest, PublishTellsTheVersion) {
  trainctl_.server.run.set_id("s4-17");
  trainctl_.server.run.mutable_recipe()->set_name("s4");
  trainctl_.server.run.set_published_version(4);
  EXPECT_EQ(trainctl_.Run({"publish", "s4-17"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "s4-17 is published as s4@4\n");
  EXPECT_THAT(trainctl_.server.publications, ElementsAre("s4-17"));
  EXPECT_EQ(trainctl_.Run({"publish", "s4-17", "--json"}), 0);
  EXPECT_EQ(nlohmann::json::parse(trainctl_.out)["published_version"], "4");
}

}  // namespace
}  // namespace traind
