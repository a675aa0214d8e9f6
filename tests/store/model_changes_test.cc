// Aliases and deletions in the store of files; publications are in file_model_store_test.cc.

#include <filesystem>

#include "gmock/gmock.h"
#include "server/store/file_model_store.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_directory.h"

namespace traind {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNow = absl::UnixEpoch() + absl::Seconds(1'700'000'000);

class ModelChangesTest : public testing::Test {
 protected:
  ModelChangesTest() {
    WriteFile(source_ + "/model.safetensors", "weights");
    store_ = Open();
    for (const char* run_id : {"s4-1", "s4-2", "s4-3"}) Publish(run_id);
  }

  std::unique_ptr<FileModelStore> Open() {
    absl::StatusOr<std::unique_ptr<FileModelStore>> store = FileModelStore::Open(root_, limits_);
    EXPECT_THAT(store, IsOk());
    return store.ok() ? *std::move(store) : nullptr;
  }
  void Reopen() { store_ = Open(); }

  int64_t Publish(const std::string& run_id) {
    v1::ModelVersion description;
    description.set_model("s4");
    description.set_run_id(run_id);
    const absl::StatusOr<v1::ModelVersion> version = store_->Publish(description, source_);
    EXPECT_THAT(version, IsOk());
    return version.ok() ? version->version() : 0;
  }

  TempDirectory directory_;
  Limits limits_;
  const std::string root_ = directory_.Path("models");
  const std::string source_ = directory_.Path("epoch-00019");
  std::unique_ptr<FileModelStore> store_;
};

TEST_F(ModelChangesTest, AnAliasResolvesToItsVersion) {
  ASSERT_OK(store_->SetAlias("s4", "production", 2, kNow));
  EXPECT_EQ(store_->Resolve("s4", "production")->run_id(), "s4-2");
}

TEST_F(ModelChangesTest, NumbersAreFoundWithoutDescriptions) {
  ASSERT_OK(store_->SetAlias("s4", "production", 2, kNow));
  EXPECT_EQ(*store_->FindAliased("s4", "production"), 2);
  EXPECT_THAT(store_->FindAliased("s4", "best"), StatusIs(absl::StatusCode::kNotFound, "no alias"));
  EXPECT_EQ(store_->FindRoute("s4")->version, 2);
  EXPECT_THAT(store_->FindRoute("s5"), StatusIs(absl::StatusCode::kNotFound, "no model"));
}

TEST_F(ModelChangesTest, ACanarysShareSurvivesARestart) {
  ASSERT_OK(store_->SetAlias("s4", "canary", 2, kNow));
  EXPECT_EQ(store_->SetCanaryPercent("s4", 7)->canary_percent(), 7);
  Reopen();
  const absl::StatusOr<ModelRoute> route = store_->FindRoute("s4");
  ASSERT_OK(route);
  EXPECT_EQ(route->version, 3);
  EXPECT_EQ(route->canary_version, 2);
  EXPECT_EQ(route->canary_percent, 7);
}

TEST_F(ModelChangesTest, AnUnknownAliasIsNotFoundWithTheKnownOnes) {
  EXPECT_THAT(store_->Resolve("s4", "best"),
              StatusIs(absl::StatusCode::kNotFound, "no alias \"best\"; aliases: none yet"));
  ASSERT_OK(store_->SetAlias("s4", "production", 2, kNow));
  EXPECT_THAT(store_->Resolve("s4", "best"),
              StatusIs(absl::StatusCode::kNotFound, "aliases: production"));
  EXPECT_THAT(store_->Resolve("s5", "best"), StatusIs(absl::StatusCode::kNotFound, "no model"));
}

TEST_F(ModelChangesTest, VersionsAndModelsComeWithTheirAliases) {
  ASSERT_OK(store_->SetAlias("s4", "production", 2, kNow));
  ASSERT_OK(store_->SetAlias("s4", "best", 2, kNow));
  EXPECT_THAT(store_->Get("s4", 2)->aliases(), ElementsAre("best", "production"));
  EXPECT_THAT(store_->Get("s4", 0)->aliases(), IsEmpty());
  EXPECT_THAT(store_->Resolve("s4", "best")->aliases(), ElementsAre("best", "production"));
  EXPECT_THAT(store_->List()[0].versions(1).aliases(), ElementsAre("best", "production"));
  EXPECT_EQ(store_->Find("s4")->aliases(1).name(), "production");
  EXPECT_EQ(store_->Find("s4")->last_version(), 3);
}

TEST_F(ModelChangesTest, AliasesSurviveReopening) {
  ASSERT_OK(store_->SetAlias("s4", "production", 1, kNow));
  ASSERT_OK(store_->SetAlias("s4", "production", 2, kNow));
  ASSERT_OK(store_->SetAlias("s4", "old", 1, kNow));
  ASSERT_OK(store_->DeleteAlias("s4", "old"));
  Reopen();
  const v1::Model model = *store_->Find("s4");
  ASSERT_EQ(model.aliases_size(), 1);
  EXPECT_EQ(model.aliases(0).version(), 2);
  EXPECT_EQ(model.aliases(0).previous_version(), 1);
  EXPECT_EQ(model.aliases(0).update_time().seconds(), 1'700'000'000);
}

TEST_F(ModelChangesTest, ARollbackSurvivesReopening) {
  ASSERT_OK(store_->SetAlias("s4", "production", 1, kNow));
  ASSERT_OK(store_->SetAlias("s4", "production", 2, kNow));
  ASSERT_OK(store_->RollbackAlias("s4", "production", kNow));
  Reopen();
  EXPECT_EQ(store_->Resolve("s4", "production")->version(), 1);
  EXPECT_THAT(store_->RollbackAlias("s4", "production", kNow),
              StatusIs(absl::StatusCode::kFailedPrecondition, "no version to go back to"));
}

TEST_F(ModelChangesTest, TheLimitsSayHowManyAliasesAModelMayHave) {
  limits_.model_aliases_max = 1;
  Reopen();
  ASSERT_OK(store_->SetAlias("s4", "production", 1, kNow));
  EXPECT_THAT(store_->SetAlias("s4", "best", 1, kNow),
              StatusIs(absl::StatusCode::kResourceExhausted, "at most 1, model_aliases_max"));
}

TEST_F(ModelChangesTest, AnAliasThatCannotBeWrittenStaysWhereItWas) {
  ASSERT_OK(store_->SetAlias("s4", "production", 1, kNow));
  fs::create_directory(root_ + "/s4/aliases.textproto.new");
  EXPECT_FALSE(store_->SetAlias("s4", "production", 2, kNow).ok());
  EXPECT_EQ(store_->Resolve("s4", "production")->version(), 1);
}

TEST_F(ModelChangesTest, ADeletedVersionIsGoneWithItsFiles) {
  const absl::StatusOr<v1::Model> model = store_->DeleteVersion("s4", 2, false);
  ASSERT_OK(model);
  ASSERT_EQ(model->versions_size(), 2);
  EXPECT_EQ(model->versions(1).version(), 1);
  EXPECT_THAT(store_->Get("s4", 2), StatusIs(absl::StatusCode::kNotFound, "versions: 1, 3"));
  EXPECT_FALSE(fs::exists(store_->Directory("s4", 2)));
  EXPECT_FALSE(fs::exists(root_ + "/s4/.removing"));
  Reopen();
  EXPECT_THAT(store_->Get("s4", 2), StatusIs(absl::StatusCode::kNotFound, "has no"));
}

TEST_F(ModelChangesTest, TheNumberOfADeletedVersionIsNotGivenAgain) {
  ASSERT_OK(store_->DeleteVersion("s4", 3, false));
  EXPECT_EQ(Publish("s4-4"), 4);
  ASSERT_OK(store_->DeleteVersion("s4", 4, false));
  Reopen();
  EXPECT_EQ(Publish("s4-5"), 5);
}

TEST_F(ModelChangesTest, AVersionWithAnAliasStays) {
  ASSERT_OK(store_->SetAlias("s4", "production", 2, kNow));
  EXPECT_THAT(store_->DeleteVersion("s4", 2, true),
              StatusIs(absl::StatusCode::kFailedPrecondition, "production points to"));
  EXPECT_OK(store_->Get("s4", 2));
}

TEST_F(ModelChangesTest, AnAliasHasNoVersionBeforeOnceThatIsDeleted) {
  ASSERT_OK(store_->SetAlias("s4", "production", 1, kNow));
  ASSERT_OK(store_->SetAlias("s4", "production", 2, kNow));
  EXPECT_EQ(store_->DeleteVersion("s4", 1, false)->aliases(0).previous_version(), 0);
  EXPECT_THAT(store_->RollbackAlias("s4", "production", kNow),
              StatusIs(absl::StatusCode::kFailedPrecondition, "no version to go back to"));
  Reopen();
  EXPECT_EQ(store_->Find("s4")->aliases(0).previous_version(), 0);
}

TEST_F(ModelChangesTest, AModelWithoutVersionsIsNotListedButKeepsCounting) {
  for (const int64_t version : {1, 2, 3}) {
    ASSERT_OK(store_->DeleteVersion("s4", version, true));
  }
  EXPECT_THAT(store_->List(), IsEmpty());
  EXPECT_THAT(store_->Get("s4", 0), StatusIs(absl::StatusCode::kNotFound, "models: none yet"));
  Reopen();
  EXPECT_THAT(store_->List(), IsEmpty());
  EXPECT_EQ(Publish("s4-4"), 4);
}

TEST_F(ModelChangesTest, OpeningRemovesWhatADeletionAndAnAliasLeftBehind) {
  fs::rename(root_ + "/s4/2", root_ + "/s4/.removing");
  WriteFile(root_ + "/s4/aliases.textproto.new", "half");
  Reopen();
  EXPECT_FALSE(fs::exists(root_ + "/s4/.removing"));
  EXPECT_FALSE(fs::exists(root_ + "/s4/aliases.textproto.new"));
  EXPECT_EQ(store_->Find("s4")->versions_size(), 2);
}

TEST_F(ModelChangesTest, AliasesThatCannotBeReadAreDataLossAndNameTheFile) {
  WriteFile(root_ + "/s4/aliases.textproto", "aliases {");
  EXPECT_THAT(FileModelStore::Open(root_),
              StatusIs(absl::StatusCode::kDataLoss, "s4/aliases.textproto, got other text"));
}

TEST_F(ModelChangesTest, AnAliasOfAVersionThatIsNotThereIsDataLossAndNamesBoth) {
  ASSERT_OK(store_->SetAlias("s4", "production", 2, kNow));
  fs::remove_all(root_ + "/s4/2");
  EXPECT_THAT(FileModelStore::Open(root_), StatusIs(absl::StatusCode::kDataLoss,
                                                    "expected version 2 of model s4, to which "
                                                    "alias production"));
}

}  // namespace
}  // namespace traind
