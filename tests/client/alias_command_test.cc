#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/client/trainctl_runner.h"

// `promote`, `rollback`, `alias` and `canary`.
namespace traind {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AliasCommandTest : public testing::Test {
 protected:
  AliasCommandTest() { trainctl_.server.model.set_name("s4"); }

  // What the server answers.
  void Answer(const std::string& alias, int64_t version, int64_t previous_version) {
    v1::ModelAlias& entry = *trainctl_.server.model.add_aliases();
    entry.set_name(alias);
    entry.set_version(version);
    entry.set_previous_version(previous_version);
  }

  TrainctlRunner trainctl_;
};

TEST_F(AliasCommandTest, PromotePointsProductionToTheVersionAndTellsTheOneBefore) {
  Answer("production", 3, 2);
  EXPECT_EQ(trainctl_.Run({"promote", "s4", "3"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "s4@production is version 3 (before: 2)\n");
  ASSERT_THAT(trainctl_.server.alias_moves, SizeIs(1));
  EXPECT_EQ(trainctl_.server.alias_moves[0].model(), "s4");
  EXPECT_EQ(trainctl_.server.alias_moves[0].alias(), "production");
  EXPECT_EQ(trainctl_.server.alias_moves[0].version(), 3);
}

TEST_F(AliasCommandTest, PromoteTakesAnotherAlias) {
  Answer("canary", 4, 0);
  EXPECT_EQ(trainctl_.Run({"promote", "s4", "4", "--alias", "canary"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "s4@canary is version 4\n");
}

TEST_F(AliasCommandTest, PromoteWithJsonPrintsTheModel) {
  Answer("production", 3, 2);
  EXPECT_EQ(trainctl_.Run({"promote", "s4", "3", "--json"}), 0) << trainctl_.err;
  EXPECT_EQ(nlohmann::json::parse(trainctl_.out)["aliases"][0]["previous_version"], "2");
}

TEST_F(AliasCommandTest, PromoteIsTriedAgainSinceTwiceIsOnce) {
  Answer("production", 3, 2);
  trainctl_.server.failures["SetModelAlias"] = {grpc::Status(grpc::UNAVAILABLE, "away")};
  EXPECT_EQ(trainctl_.Run({"promote", "s4", "3"}), 0) << trainctl_.err;
  EXPECT_THAT(trainctl_.server.alias_moves, SizeIs(2));
}

TEST_F(AliasCommandTest, PromoteWithoutAVersionIsBadUsageAndNoCall) {
  EXPECT_EQ(trainctl_.Run({"promote", "s4"}), 2);
  EXPECT_EQ(trainctl_.Run({"promote", "s4", "newest"}), 2);
  EXPECT_EQ(trainctl_.Run({"promote", "s4", "0"}), 2);
  EXPECT_THAT(trainctl_.server.alias_moves, IsEmpty());
}

TEST_F(AliasCommandTest, RollbackTellsWhereTheAliasIsNow) {
  Answer("production", 2, 0);
  EXPECT_EQ(trainctl_.Run({"rollback", "s4"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "s4@production is version 2\n");
  EXPECT_EQ(trainctl_.server.rollbacks.at(0).alias(), "production");
}

TEST_F(AliasCommandTest, RollbackIsNotTriedAgain) {
  trainctl_.server.failures["RollbackModelAlias"] = {grpc::Status(grpc::UNAVAILABLE, "away")};
  EXPECT_EQ(trainctl_.Run({"rollback", "s4"}), 1);
  EXPECT_THAT(trainctl_.server.rollbacks, SizeIs(1));
}

TEST_F(AliasCommandTest, AliasPointsToItsVersion) {
  Answer("canary", 4, 3);
  EXPECT_EQ(trainctl_.Run({"alias", "s4", "canary", "4"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "s4@canary is version 4 (before: 3)\n");
  EXPECT_EQ(trainctl_.server.alias_moves.at(0).alias(), "canary");
}

TEST_F(AliasCommandTest, AliasIsDeleted) {
  Answer("production", 3, 2);
  EXPECT_EQ(trainctl_.Run({"alias", "s4", "canary", "--delete"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "s4@canary deleted\n");
  EXPECT_EQ(trainctl_.server.alias_deletes.at(0).alias(), "canary");
}

TEST_F(AliasCommandTest, AliasNeedsEitherAVersionOrItsDeletion) {
  EXPECT_EQ(trainctl_.Run({"alias", "s4", "canary"}), 2);
  EXPECT_THAT(trainctl_.err, HasSubstr("or --delete"));
  EXPECT_EQ(trainctl_.Run({"alias", "s4", "canary", "4", "--delete"}), 2);
  EXPECT_THAT(trainctl_.server.alias_moves, IsEmpty());
  EXPECT_THAT(trainctl_.server.alias_deletes, IsEmpty());
}

TEST_F(AliasCommandTest, ARefusalIsToldAsTheServerSaysIt) {
  trainctl_.server.failures["RollbackModelAlias"] = {
      grpc::Status(grpc::FAILED_PRECONDITION, "alias production has no version to go back to")};
  EXPECT_EQ(trainctl_.Run({"rollback", "s4"}), 1);
  EXPECT_EQ(trainctl_.err,
            "trainctl: FAILED_PRECONDITION: alias production has no version to go back to\n");
}

TEST_F(AliasCommandTest, CanarySetsTheShare) {
  trainctl_.server.model.set_canary_percent(5);
  EXPECT_EQ(trainctl_.Run({"canary", "s4", "5"}), 0) << trainctl_.err;
  EXPECT_EQ(trainctl_.out, "s4@canary gets 5% of the requests that name no version\n");
  ASSERT_THAT(trainctl_.server.canary_shares, SizeIs(1));
  EXPECT_EQ(trainctl_.server.canary_shares[0].model(), "s4");
  EXPECT_EQ(trainctl_.server.canary_shares[0].percent(), 5);
}

TEST_F(AliasCommandTest, AShareThatIsNoPercentageIsBadUsage) {
  EXPECT_EQ(trainctl_.Run({"canary", "s4", "101"}), 2);
  EXPECT_THAT(trainctl_.server.canary_shares, IsEmpty());
}

}  // namespace
}  // namespace traind
