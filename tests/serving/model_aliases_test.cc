#include "server/serving/model_aliases.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/support/status_matchers.h"

namespace traind {
namespace {

using ::testing::ElementsAre;

const absl::Time kNow = absl::UnixEpoch() + absl::Milliseconds(1'700'000'000'250);
constexpr int kAliasesMax = 3;

class ModelAliasesTest : public testing::Test {
 protected:
  // The model s4 with versions 3, 2 and 1.
  ModelAliasesTest() {
    model_.set_name("s4");
    for (const int64_t version : {3, 2, 1}) model_.add_versions()->set_version(version);
  }
  absl::Status Move(const std::string& alias, int64_t version) {
    return MoveAlias(model_, alias, version, kNow, kAliasesMax);
  }
  const v1::ModelAlias& Production() { return *FindAlias(model_, "production"); }

  v1::Model model_;
};

TEST_F(ModelAliasesTest, NamesAreLettersDigitsDashesAndUnderscoresWithALetter) {
  for (const std::string& good : {std::string("a"), std::string("production"), std::string("v2"),
                                  std::string("2-b_C"), std::string(63, 'x')}) {
    EXPECT_OK(CheckAliasName(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string("17"), std::string("-3"), std::string("_"), std::string("a b"),
        std::string("a@b"), std::string("../a"), std::string("é"), std::string(64, 'x')}) {
    EXPECT_THAT(CheckAliasName(bad),
                StatusIs(absl::StatusCode::kInvalidArgument, absl::StrCat("got \"", bad, "\"")));
  }
}

TEST_F(ModelAliasesTest, ANewAliasHasNoVersionBefore) {
  ASSERT_OK(Move("production", 2));
  EXPECT_EQ(Production().version(), 2);
  EXPECT_EQ(Production().previous_version(), 0);
  EXPECT_EQ(Production().update_time().seconds(), 1'700'000'000);
  EXPECT_EQ(Production().update_time().nanos(), 250'000'000);
}

TEST_F(ModelAliasesTest, AMoveRemembersTheVersionBefore) {
  ASSERT_OK(Move("production", 1));
  ASSERT_OK(Move("production", 3));
  EXPECT_EQ(Production().version(), 3);
  EXPECT_EQ(Production().previous_version(), 1);
}

TEST_F(ModelAliasesTest, AMoveToTheSameVersionKeepsTheVersionBeforeAndTheTime) {
  ASSERT_OK(Move("production", 1));
  ASSERT_OK(Move("production", 3));
  ASSERT_OK(MoveAlias(model_, "production", 3, kNow + absl::Hours(1), kAliasesMax));
  EXPECT_EQ(Production().previous_version(), 1);
  EXPECT_EQ(Production().update_time().seconds(), 1'700'000'000);
}

TEST_F(ModelAliasesTest, AVersionThatIsNotThereIsRefusedWithThoseThatAre) {
  EXPECT_THAT(Move("production", 4),
              StatusIs(absl::StatusCode::kNotFound, "has no version 4; versions: 3, 2, 1"));
  EXPECT_EQ(model_.aliases_size(), 0);
}

TEST_F(ModelAliasesTest, AliasesAreBoundedAndSortedByName) {
  for (const char* name : {"c", "a", "b"}) ASSERT_OK(Move(name, 1));
  EXPECT_THAT(Move("d", 1), StatusIs(absl::StatusCode::kResourceExhausted, "has 3 aliases"));
  EXPECT_OK(Move("a", 2));
  EXPECT_EQ(model_.aliases(0).name(), "a");
  EXPECT_EQ(model_.aliases(2).name(), "c");
  EXPECT_THAT(model_.versions(2).aliases(), ElementsAre("b", "c"));
}

TEST_F(ModelAliasesTest, ARollbackGoesBackOnceAndNotForthAgain) {
  ASSERT_OK(Move("production", 1));
  ASSERT_OK(Move("production", 3));
  ASSERT_OK(RollBackAlias(model_, "production", kNow));
  EXPECT_EQ(Production().version(), 1);
  EXPECT_THAT(RollBackAlias(model_, "production", kNow),
              StatusIs(absl::StatusCode::kFailedPrecondition, "stays at version 1"));
  EXPECT_EQ(Production().version(), 1);
}

TEST_F(ModelAliasesTest, ARemovedAliasLeavesItsVersion) {
  ASSERT_OK(Move("production", 1));
  ASSERT_OK(RemoveAlias(model_, "production"));
  EXPECT_EQ(FindAlias(model_, "production"), nullptr);
  EXPECT_EQ(model_.versions(2).aliases_size(), 0);
  EXPECT_THAT(RemoveAlias(model_, "production"), StatusIs(absl::StatusCode::kNotFound, "has no"));
}

TEST_F(ModelAliasesTest, RequestsGoToTheNewestVersionUnlessOneIsInProduction) {
  EXPECT_EQ(RouteOf(model_, 3).version, 3);
  ASSERT_OK(Move("production", 1));
  EXPECT_EQ(RouteOf(model_, 3).version, 1);
  EXPECT_EQ(RouteOf(model_, 3).canary_version, 0);
}

TEST_F(ModelAliasesTest, ACanaryGetsItsShareUntilItIsRemoved) {
  EXPECT_THAT(SetCanaryPercent(model_, 5),
              StatusIs(absl::StatusCode::kFailedPrecondition, "has no alias canary"));
  ASSERT_OK(Move("canary", 2));
  ASSERT_OK(SetCanaryPercent(model_, 5));
  EXPECT_EQ(RouteOf(model_, 3).canary_version, 2);
  EXPECT_EQ(RouteOf(model_, 3).canary_percent, 5);
  ASSERT_OK(RemoveAlias(model_, "canary"));
  EXPECT_EQ(model_.canary_percent(), 0);
}

TEST_F(ModelAliasesTest, AShareIsAPercentage) {
  ASSERT_OK(Move("canary", 2));
  for (const int percent : {-1, 101}) {
    EXPECT_THAT(SetCanaryPercent(model_, percent),
                StatusIs(absl::StatusCode::kInvalidArgument, "expected 0 to 100"));
  }
  EXPECT_OK(SetCanaryPercent(model_, 0));
}

TEST_F(ModelAliasesTest, AVersionIsDeletableUnlessAnAliasPointsToIt) {
  ASSERT_OK(Move("production", 3));
  ASSERT_OK(Move("best", 3));
  EXPECT_OK(CheckDeletable(model_, 1, false));
  EXPECT_THAT(CheckDeletable(model_, 3, true),
              StatusIs(absl::StatusCode::kFailedPrecondition, "best, production point to"));
  EXPECT_THAT(CheckDeletable(model_, 4, true), StatusIs(absl::StatusCode::kNotFound, "has no"));
}

TEST_F(ModelAliasesTest, TheOnlyVersionIsDeletableOnlyWhenThatIsMeant) {
  model_.mutable_versions()->DeleteSubrange(1, 2);
  EXPECT_THAT(CheckDeletable(model_, 3, false),
              StatusIs(absl::StatusCode::kFailedPrecondition, "set allow_last"));
  EXPECT_OK(CheckDeletable(model_, 3, true));
}

}  // namespace
}  // namespace traind
